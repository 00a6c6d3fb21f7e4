"""What goes wrong in the workspace.

Exception
├── SlackError    Slack's own word for a refusal: the app sees it in the reply
└── ScriptError   a scripted person was asked for what no person could do: the test is wrong
"""

from collections.abc import Sequence


class SlackError(Exception):
    """A refusal in Slack's own word, such as ``channel_not_found``.

    ``messages`` say where and why, as in ``response_metadata.messages``: ``no more than 50 items allowed
    [json-pointer:/blocks]``. ``status`` is the HTTP status: 200 for the Web API, which answers ``ok: false``.
    """

    def __init__(self, code: str, *, messages: Sequence[str] = (), status: int = 200) -> None:
        super().__init__(": ".join((code, *messages)))
        self.code = code
        self.messages = tuple(messages)
        self.status = status


class ScriptError(Exception):
    """Nobody could do this in the page: there is no such button, message, view or person."""
