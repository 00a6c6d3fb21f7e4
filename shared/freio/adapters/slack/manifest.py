"""The manifest from which Slack makes the app: what Freio needs of a workspace, and nothing beyond it.

Form: https://docs.slack.dev/reference/app-manifest. The texts are what people see in Slack, in the client's language.
"""

from __future__ import annotations

from typing import Any

from freio.adapters.slack.commands import COMMANDS
from freio.domain.sentences import N_
from freio.i18n.catalogue import Language

NAME = "Freio"
COMMAND = "/freio"

DESCRIPTION = N_("A brake for the cost of AI on Google Cloud: asks the right person, brakes, proves it, lets go again.")
LONG_DESCRIPTION = N_(
    "Freio sees within minutes when spend on AI runs away. It posts one message for each incident into one channel and "
    "keeps that message up to date. With one click there, those whom the client's file names decide what happens. "
    "Everything that was decided and set stands in the thread of the message."
)
COMMAND_DESCRIPTION = N_("What is open, what is expected, and requests to the cost owners")

# Why each is needed: the methods of the Web API that Freio calls, with the scope that Slack documents for each
# (https://docs.slack.dev/reference/methods). auth.test and views.open need none.
SCOPES = (
    "chat:write",  # chat.postMessage, chat.postEphemeral, chat.update
    "commands",  # the slash command
    "files:write",  # files.getUploadURLExternal, files.completeUploadExternal: the chart
    "usergroups:read",  # usergroups.users.list: who is in a group that the file names
    "users:read",  # users.info: bots, guests and the deactivated may nothing
    "users:read.email",  # users.lookupByEmail, and the address in users.info: the file may name people by it
)
# conversations.history and .replies: what was posted is looked for before it is posted again.
PUBLIC, PRIVATE = "channels:history", "groups:history"


def manifest(url: str, language: Language, *, private_channel: bool = False) -> dict[str, Any]:
    """The app's manifest; `url` is where `slack_inbox` is reached.

    Slack tells a private channel by another scope than a public one. People who are not in the channel are written to
    directly, which Slack refuses (``messages_tab_disabled``) where the app's Messages tab is off; they need not answer.
    """
    return {
        "_metadata": {"major_version": 1, "minor_version": 1},
        "display_information": {
            "name": NAME,
            "description": language.gettext(DESCRIPTION),
            "long_description": language.gettext(LONG_DESCRIPTION),
            "background_color": "#1f2933",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": False,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": NAME.casefold(), "always_online": True},
            "slash_commands": [
                {
                    "command": COMMAND,
                    "url": url,
                    "description": language.gettext(COMMAND_DESCRIPTION),
                    "usage_hint": COMMANDS,
                    "should_escape": False,
                }
            ],
        },
        "oauth_config": {"scopes": {"bot": sorted({*SCOPES, PRIVATE if private_channel else PUBLIC})}},
        "settings": {
            "interactivity": {"is_enabled": True, "request_url": url},
            "org_deploy_enabled": False,
            "socket_mode_enabled": False,
            "token_rotation_enabled": False,
        },
    }
