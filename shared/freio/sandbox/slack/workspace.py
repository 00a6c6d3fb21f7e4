"""The workspace: everything it remembers under one lock, and what scripted people do in it."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from freio.sandbox.slack.acks import Ack
from freio.sandbox.slack.board import Board, Message
from freio.sandbox.slack.changes import Changes
from freio.sandbox.slack.directory import Directory
from freio.sandbox.slack.errors import ScriptError
from freio.sandbox.slack.faults import Faults
from freio.sandbox.slack.files import Files
from freio.sandbox.slack.ids import Ids
from freio.sandbox.slack.interactions import Interactions
from freio.sandbox.slack.modals import Modals, View
from freio.sandbox.slack.people import Channel, Group, Person
from freio.sandbox.slack.tickets import Tickets
from freio.sandbox.slack.wire import Wire

SIGNING_SECRET = "sandbox-signing-secret"
BOT_TOKEN = "xoxb-sandbox"
BOT = Person(id="U0FREIOBOT", name="Freio", is_bot=True)


class SlackWorkspace:
    """A workspace with one app in it.

    ``now`` is the workspace's clock, perhaps a simulated one: it names messages. ``signing_now`` is the clock of the
    wire (by default the same): it dates signatures, trigger ids and response URLs, so it must agree with the clock
    of whoever checks them. ``ack_seconds`` is how long Slack waits for an acknowledgement. ``scopes`` is what the
    app's bot token was granted; None: everything.
    """

    def __init__(
        self,
        *,
        people: Iterable[Person],
        channels: Iterable[Channel],
        now: Callable[[], datetime],
        groups: Iterable[Group] = (),
        signing_now: Callable[[], datetime] | None = None,
        signing_secret: str = SIGNING_SECRET,
        bot_token: str = BOT_TOKEN,
        bot: Person = BOT,
        interactions_url: str = "",
        commands_url: str = "",
        team_id: str = "T0FREIO000",
        team_name: str = "Acme",
        team_domain: str = "acme",
        app_id: str = "A0FREIO000",
        bot_id: str = "B0FREIO000",
        ack_seconds: float = 3.0,
        stopwatch: Callable[[], float] = time.perf_counter,
        scopes: Iterable[str] | None = None,
        seed: int = 0,
    ) -> None:
        wire_now = signing_now or now
        self.now = now
        self.team_id, self.team_name, self.team_domain = team_id, team_name, team_domain
        self.app_id, self.bot_id, self.bot_token = app_id, bot_id, bot_token
        self.signing_secret = signing_secret
        self.interactions_url, self.commands_url = interactions_url, commands_url
        self.scopes = None if scopes is None else frozenset(scopes)
        self.origin = ""  # set by `server.serve`, once the address is known
        self.lock = threading.RLock()
        self.changes = Changes(self.lock)
        self.ids = Ids(now, seed)
        self.directory = Directory(bot=bot, people=people, groups=groups, channels=channels, ids=self.ids)
        self.board = Board(self.ids, self.changes)
        self.modals = Modals(self.ids, self.changes)
        self.tickets = Tickets(wire_now, self.ids)
        self.files = Files(self.ids)
        self.faults = Faults()
        self.wire = Wire(secret=signing_secret, now=wire_now, patience=ack_seconds, stopwatch=stopwatch)
        self.acks: list[Ack] = []
        self.duplicates: Counter[str] = Counter()  # extra deliveries that were injected, by kind of interaction
        self._interactions = Interactions(self)

    def install(self, manifest: Mapping[str, Any]) -> None:
        """Make the app what its manifest says: its scopes, and where Slack sends what people do and type."""
        (command,) = manifest["features"]["slash_commands"]
        self.scopes = frozenset(manifest["oauth_config"]["scopes"]["bot"])
        self.interactions_url = manifest["settings"]["interactivity"]["request_url"]
        self.commands_url = command["url"]

    def grants(self, scope: str) -> bool:
        return self.scopes is None or scope in self.scopes

    def click(
        self,
        person_id: str,
        channel: str,
        ts: str,
        action_id: str,
        *,
        value: Any = None,
        values: Mapping[str, Any] | None = None,
        message: Message | None = None,
        duplicates: int = 0,
    ) -> Ack:
        """Clicks a button, or chooses ``value`` in another element, of a message as it stands now.

        ``message`` is an older drawing instead, for a button that is gone by now. ``values`` is what is filled in
        elsewhere in the message, by action id. The same payload is sent ``duplicates`` times more. Somebody who was
        deactivated meanwhile can still be scripted: their click was under way.
        """
        with self.lock:
            seen = message or self.message(channel, ts, person=person_id)
            self.directory.place(person_id, seen.channel)
        return self._interactions.click(person_id, seen, action_id, value=value, values=values or {}, copies=duplicates)

    def click_in_view(
        self,
        person_id: str,
        view_id: str,
        action_id: str,
        *,
        value: Any = None,
        values: Mapping[str, Any] | None = None,
    ) -> Ack:
        """Clicks inside a modal; ``values`` is what else is filled in by then, by action id."""
        view = self._view(person_id, view_id)
        return self._interactions.click_in_view(person_id, view, action_id, value=value, values=values or {})

    def submit(
        self, person_id: str, view_id: str, values: Mapping[str, Any] | None = None, *, duplicates: int = 0
    ) -> Ack:
        """Fills in a modal, by action id, and submits it."""
        view = self._view(person_id, view_id)
        return self._interactions.submit(person_id, view, values or {}, copies=duplicates)

    def close(self, person_id: str, view_id: str, *, cleared: bool = False) -> Ack | None:
        """Closes a modal without submitting it; an acknowledgement comes only if the app asked to hear of it."""
        return self._interactions.close(person_id, self._view(person_id, view_id), cleared=cleared)

    def command(self, person_id: str, channel: str, line: str, *, duplicates: int = 0) -> Ack:
        """Types a slash command such as ``/freio status``."""
        return self._interactions.command(person_id, channel, line, copies=duplicates)

    def say(self, person_id: str, channel: str, text: str, *, thread_ts: str | None = None) -> Message:
        """Writes as a person; the three signs of Slack's mark-up are escaped, as Slack's composer does it."""
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        with self.lock:
            person = self.directory.acting(person_id)
            place = self.directory.place(person.id, channel)
            return self.board.post(channel=place.id, user=person.id, text=escaped, thread_ts=thread_ts)

    def message(self, channel: str, ts: str, *, person: str | None = None) -> Message:
        """A message as it stands now, an ephemeral one only for whom it is for."""
        with self.lock:
            found = self.board.find(self._channel(channel), ts, person=person)
        if found is None:
            raise ScriptError(f"there is no message {ts} to be seen in {channel}")
        return found

    def messages(self, channel: str) -> list[Message]:
        """The messages of a channel that are no replies, oldest first."""
        with self.lock:
            return self.board.top(self._channel(channel))

    def thread(self, channel: str, ts: str) -> list[Message]:
        """A message and its replies, oldest first."""
        with self.lock:
            return [self.message(channel, ts), *self.board.replies(self._channel(channel), ts)]

    def drawings(self, channel: str, ts: str) -> list[Message]:
        """Every drawing that a message has had, oldest first."""
        with self.lock:
            return self.board.drawings(self._channel(channel), ts)

    def ephemerals(self, person_id: str) -> list[Message]:
        """What this person alone sees, oldest first."""
        with self.lock:
            return self.board.ephemerals(person_id)

    def open_views(self, person_id: str) -> list[View]:
        """The modals that a person has open, the one they see last."""
        with self.lock:
            return self.modals.stack(person_id)

    def record(self, ack: Ack) -> Ack:
        with self.lock:
            self.acks.append(ack)
        return ack

    def response_url(self, **rights: Any) -> str:
        return f"{self._served()}/hooks/{self.tickets.response(**rights)}"

    def interactions_address(self) -> str:
        if not self.interactions_url:
            raise ScriptError("the workspace has no interactions_url to send to")
        return self.interactions_url

    def commands_address(self) -> str:
        if not self.commands_url:
            raise ScriptError("the workspace has no commands_url to send to")
        return self.commands_url

    def _served(self) -> str:
        if not self.origin:
            raise ScriptError("serve the workspace first: an interaction carries its address")
        return self.origin

    def _channel(self, reference: str) -> str:
        return self.directory.channel(reference).id

    def _view(self, person_id: str, view_id: str) -> View:
        with self.lock:
            for view in self.modals.stack(person_id):
                if view.id == view_id:
                    return view
        raise ScriptError(f"{person_id} has no view {view_id} open")
