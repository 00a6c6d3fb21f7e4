"""The port `Chat` over Slack's Web API. Every message carries what it is about in its metadata."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from slack_sdk import WebClient
from slack_sdk.models.metadata import Metadata

from freio.adapters.slack import asks, parts
from freio.adapters.slack.card import Drawing
from freio.adapters.slack.card import draw as draw_incident
from freio.adapters.slack.errors import SlackRejected, translated
from freio.adapters.slack.messages import INCIDENT, LINE, POST, REQUEST, Messages
from freio.adapters.slack.mrkdwn import MRKDWN, cut, say
from freio.domain.app import Client
from freio.domain.ask import Answer, Ask
from freio.domain.authority import Person
from freio.domain.incident import Incident
from freio.domain.notice import Card
from freio.errors import Unavailable
from freio.i18n.catalogue import Language
from freio.ports import Line

_UNREADY = {"invalid_blocks", "invalid_blocks_format", "file_not_found"}
_NOT_THERE = {"user_not_in_channel", "not_in_channel", "channel_not_found", "is_archived"}


class People(Protocol):
    """What a chat asks of a directory: who somebody is, and how an owner can be mentioned."""

    def person(self, user_id: str) -> Person | None: ...
    def address(self, reference: str) -> str: ...


class SlackChat:
    """One client organisation's channel."""

    def __init__(self, client: WebClient, freio_client: Client, directory: People) -> None:
        self._client = client
        self._of = freio_client
        self._people = directory
        self._messages = Messages(client)
        self._language = Language(freio_client.locale, freio_client.time_zone)

    def find(self, channel: str, incident: str) -> str | None:
        """The ts of the incident's message among the newest 1,000 of the channel."""
        return self._messages.in_channel(channel, INCIDENT, lambda payload: payload.get("incident") == incident)

    def show(self, incident: Incident, card: Card) -> str:
        """Redraws the incident's message, wherever it is; posts it where there is none, or none any more."""
        if card.ts:
            try:
                return self._draw(incident, card, card.ts)
            except SlackRejected as exc:
                if exc.code != "message_not_found":
                    raise
        return self._draw(incident, card, self.find(card.channel, incident.id))

    def _draw(self, incident: Incident, at: Card, ts: str | None) -> str:
        """With the chart; a file that Slack cannot show (yet) does not keep the message from anybody."""
        metadata = Metadata(INCIDENT, {"incident": incident.id, "app": incident.app})
        try:
            return self._put(at.channel, ts, self._drawing(incident, at.chart), metadata)
        except SlackRejected as exc:
            if not at.chart or exc.code not in _UNREADY:
                raise
        return self._put(at.channel, ts, self._drawing(incident, at.chart, chart_refused=True), metadata)

    def _drawing(self, incident: Incident, chart: str, *, chart_refused: bool = False) -> Drawing:
        return draw_incident(
            incident,
            app=self._of.app(incident.app),
            chart=chart,
            language=self._language,
            address=self._people.address,
            chart_refused=chart_refused,
        )

    def thread(self, card: Card, line: Line, key: str) -> None:
        """Adds a line with this key, and calls whom it mentions; one that is there stays as it is.

        Where the incident's message is still to be posted it is too early: Unavailable.
        """
        if not card.ts:
            raise Unavailable(f"the message of {card.id} is not posted yet, so it has no thread")
        if self._messages.in_thread(card.channel, card.ts, LINE, _has("key", key)):
            return
        called = " ".join(MRKDWN.person(self._people.address(who)) for who in line.mention)
        text = f"{called} {say(self._language, line.text, **line.data)}".strip()
        self._put(card.channel, None, _line(text, self._language), Metadata(LINE, {"key": key}), thread_ts=card.ts)

    def post(self, channel: str, line: Line, key: str) -> None:
        """A message of its own with this key; one that is among the newest 1,000 of the channel stays as it is."""
        if self._messages.in_channel(channel, POST, _has("key", key)):
            return
        self._put(
            channel,
            None,
            _line(say(self._language, line.text, **line.data), self._language),
            Metadata(POST, {"key": key}),
        )

    def whisper(self, channel: str, person: str, line: Line) -> None:
        """To one person, in their own language where we speak it; where they are not in the channel, directly."""
        known = self._people.person(person)
        language = self._language.speaking(known.locale) if known else self._language
        drawing = _line(say(language, line.text, **line.data), language)
        try:
            with translated(f"whispering to {person}"):
                self._client.chat_postEphemeral(channel=channel, user=person, text=drawing.text, blocks=drawing.blocks)
        except SlackRejected as exc:
            if exc.code not in _NOT_THERE:
                raise
            with translated(f"writing to {person}"):
                self._client.chat_postMessage(channel=person, text=drawing.text, blocks=drawing.blocks)

    def ask(self, ask: Ask, people: Sequence[str], card: Card | None, key: str) -> None:
        """The request, in the incident's thread or by itself; once answered, the same message without buttons.

        Where the incident's message is still to be posted it is too early: Unavailable. In the channel it would not be
        found again once there is a thread.
        """
        if ask.incident and not (card and card.ts):
            raise Unavailable(f"the message of {ask.incident} is not posted yet, so the request has no thread")
        channel = card.channel if card else self._of.channel
        thread_ts = card.ts if card and card.ts else None

        def wanted(payload: Mapping[str, str]) -> bool:
            return payload.get("key") == key or payload.get("ask") == ask.id

        found = (
            self._messages.in_thread(channel, thread_ts, REQUEST, wanted)
            if thread_ts
            else self._messages.in_channel(channel, REQUEST, wanted)
        )
        if found and ask.answer is Answer.PENDING:
            return
        drawing = asks.draw(ask, people, self._language, self._people.address)
        self._put(channel, found, drawing, Metadata(REQUEST, {"ask": ask.id, "key": key}), thread_ts=thread_ts)

    def upload_chart(self, png: bytes, title: str, alt: str) -> str:
        """Uploads it to no channel: an image block shows it by its id."""
        with translated(f"uploading {title}"):
            done = self._client.files_upload_v2(content=png, filename="chart.png", title=title, alt_txt=alt)
        return str(done["file"]["id"])

    def _put(
        self, channel: str, ts: str | None, drawing: Drawing, metadata: Metadata, thread_ts: str | None = None
    ) -> str:
        """Redraws the message at `ts`, or posts it; returns where it stands."""
        with translated(f"{'redrawing' if ts else 'posting'} {metadata.event_type} in {channel}"):
            if ts:
                self._client.chat_update(
                    channel=channel, ts=ts, text=drawing.text, blocks=drawing.blocks, metadata=metadata
                )
                return ts
            posted = self._client.chat_postMessage(
                channel=channel,
                thread_ts=thread_ts,
                text=drawing.text,
                blocks=drawing.blocks,
                metadata=metadata,
                unfurl_links=False,
                unfurl_media=False,
            )
            return str(posted["ts"])


def _has(name: str, value: str) -> Callable[[Mapping[str, str]], bool]:
    return lambda payload: payload.get(name) == value


def _line(text: str, language: Language) -> Drawing:
    """A sentence as a message: in blocks, because only there Slack leaves what people named things alone."""
    blocks = parts.sections(text, "line", lambda count: say(language, parts.AND_MORE, count=str(count)))
    return Drawing(blocks=blocks, text=cut(text, parts.TEXT))
