"""What stands in Firestore: which documents, under which ids, with which fields, and for how long.

One collection for each kind, named ``<prefix>-<collection>``. Every document holds the ``commit`` that wrote it last,
and ``expires_at`` if it may go one day.

=============  ==============  ===========================================================================
collection     document id of  fields
=============  ==============  ===========================================================================
``<kind>``     the record's id ``version``, ``due_at`` (microseconds, if it will be), ``body`` (the codec's text);
                               of incidents ``open_app`` (the app's `document_id`, while it is open)
``open``       the app         ``incident``: which incident is open. It makes the app's second one impossible
``once``       the key         only ``expires_at``
``journal``    the entry's id  ``incident`` (its `document_id`), ``ordinal`` (place in its commit), ``body``;
                               ``uncopied_since`` (microseconds, until its copy stands in BigQuery), from then
                               on ``written_at`` (when that was: the mark has changed the document)
=============  ==============  ===========================================================================

Kinds: ``alertlog``, ``ask``, ``billedhomes``, ``brake``, ``budgetstatus``, ``capreport``, ``card``, ``drillrun``,
``expectations``, ``forecasts``, ``incident``, ``increase``, ``lateness``, ``notice``, ``projectnumbers``,
``quotabook``, ``rightsreport``, ``unowned``.

For Terraform. No composite index is needed: every query is answered by Firestore's automatic index of one field.
Only ``due_at`` (all kinds), ``open_app`` (incident), ``incident`` and ``uncopied_since`` (journal) are asked for;
``body`` should be exempt from indexing in every collection, which saves storage, and ``expires_at`` too. A TTL policy
belongs on ``expires_at`` of each collection except ``brake``, ``open`` and ``quotabook``, whose documents never expire.

Google deletes an expired document within about a day (https://cloud.google.com/firestore/docs/ttl); the store counts
it as gone from the instant on, so that nothing depends on when that is. What is open or due has no ``expires_at``,
nor has an entry without its copy: where nobody copies, the journal is kept for ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from freio.adapters.codec import due_of, kind_of, microseconds, open_app_of
from freio.domain.ask import Ask
from freio.domain.incident import Incident
from freio.domain.journal import Entry
from freio.domain.notice import Notice
from freio.domain.quota import QuotaBook
from freio.domain.target import Brake
from freio.errors import Rejected
from freio.ports import Record

# A key guards against a message that is delivered again. Pub/Sub keeps one for 31 days at most, and a person may
# publish a dead letter anew much later. Above all a threshold's key holds for its budget's interval, in which Google
# repeats the message every twenty minutes: a month, a quarter, a year. Two years and a month outlast a year's budget
# together with a replay a year late; only a budget of a longer span of days would alert once more.
ONCE_KEPT = timedelta(days=800)
# Resolved incidents, their cards, asks, and the newest message of a budget: since they were last written, as long as
# the keys that led to them, so that no replay meets half of a story.
RECORD_KEPT = timedelta(days=800)
# Notices that were delivered or given up: what they did stands in the journal.
NOTICE_KEPT = timedelta(days=400)
# Thirteen months, so that a month can be compared with the same one a year ago: from the copy on, which stays.
JOURNAL_KEPT = timedelta(days=400)

ID_BYTES = 1500  # https://cloud.google.com/firestore/quotas
DOCUMENT_BYTES = 1024 * 1024
FIELDS_BYTES = 8 * 1024  # of a document: its name, and the fields beside the text
REQUEST_BYTES = 10 * 1024 * 1024


class Place(NamedTuple):
    """Where a document stands: its collection (without the prefix) and its id there."""

    collection: str
    id: str


@dataclass(frozen=True, slots=True)
class Found:
    """What stands at a place, as one read saw it.

    ``at`` is when it was last written (None: nothing is there); an expired document has no fields any more.
    """

    at: datetime | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Write:
    """One document as it shall be (None: not there), unless it was written after `based_on` (None: was not there)."""

    place: Place
    fields: Mapping[str, Any] | None
    based_on: datetime | None


def document_id(name: str) -> str:
    """A name as an id that Firestore takes, in the same order as the names; beyond 1,500 bytes with a hash at its end.

    Ids may not hold ``/``, be ``.`` or ``..``, nor look like ``__x__``. So each begins with ``-``, and of two
    neighbours in the alphabet, ``.`` is written ``.0`` and ``/`` is written ``.1``.

    >>> document_id("chat/__x__")
    '-chat.1__x__'
    """
    safe = "-" + name.replace(".", ".0").replace("/", ".1")
    coded = safe.encode()
    if len(coded) <= ID_BYTES:
        return safe
    digest = hashlib.sha256(coded).hexdigest()
    return coded[: ID_BYTES - len(digest)].decode(errors="ignore") + digest


def place_of(record: Record) -> Place:
    return Place(kind_of(type(record)), document_id(record.id))


def record_fields(record: Record, version: int, text: str, now: datetime) -> dict[str, Any]:
    """A record's document; `now` is when it is written."""
    fields: dict[str, Any] = {
        "version": version,
        "due_at": due_of(record),
        "body": text,
        "expires_at": _kept_until(record, now),
    }
    if isinstance(record, Incident):
        app = open_app_of(record)
        fields["open_app"] = None if app is None else document_id(app)
    return fields


def entry_fields(entry: Entry, ordinal: int, text: str, now: datetime) -> dict[str, Any]:
    return {
        "incident": document_id(entry.incident),
        "ordinal": ordinal,
        "body": text,
        "uncopied_since": microseconds(now),
        "expires_at": None,
        "written_at": None,
    }


def copied_fields(now: datetime, written: datetime) -> dict[str, Any]:
    """What its copy changes of an entry that was `written` then."""
    return {"uncopied_since": None, "expires_at": now + JOURNAL_KEPT, "written_at": written}


def once_fields(now: datetime) -> dict[str, Any]:
    return {"expires_at": now + ONCE_KEPT}


def is_expired(fields: Mapping[str, Any], now: datetime) -> bool:
    """Whether a document counts as gone, deleted or not."""
    until = fields.get("expires_at")
    return until is not None and until <= now


def journal_order(fields: Mapping[str, Any], entry: Entry, changed: datetime) -> tuple[int, datetime, int]:
    """The key by which the journal is sorted: the entry's instant, then when and where in its commit it was written.

    ``changed`` is when the document was: with its writing or, where it holds when that was, with its copy's mark.
    """
    return microseconds(entry.at), fields.get("written_at", changed), fields["ordinal"]


def fitting(what: str, text: str) -> str:
    """The text, if it fits into one document; else `Rejected`, with what it is and both numbers."""
    size, limit = len(text.encode()), DOCUMENT_BYTES - FIELDS_BYTES
    if size > limit:
        raise Rejected(f"{what} has {size} bytes as text; a document in Firestore holds {limit}")
    return text


def _kept_until(record: Record, now: datetime) -> datetime | None:
    """When a record may go; None: never. Brakes and standing quotas stay: with what stood there before us."""
    if due_of(record) is not None or open_app_of(record) is not None or isinstance(record, Brake | QuotaBook):
        return None
    if isinstance(record, Notice):
        return now + NOTICE_KEPT
    ends = record.until if isinstance(record, Ask) else None  # an override holds until then
    return max(now, ends or now) + RECORD_KEPT
