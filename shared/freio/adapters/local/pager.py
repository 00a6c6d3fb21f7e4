"""Wakes somebody by a way that is not the chat: the log, which an alert policy reads, and a webhook if there is one."""

from __future__ import annotations

from collections.abc import Mapping

from freio.adapters.local.log import write_entry
from freio.adapters.local.post import post_json
from freio.ports import Pager

SUMMARY_LIMIT = 1024  # characters that PagerDuty's Events API v2 takes
SOURCE = "freio"


class WebhookPager:
    """`Pager` that posts an event in the form of PagerDuty's Events API v2; ``timeout`` in seconds.

    The receiver keeps the promise that a key wakes once: events with one ``dedup_key`` are one alert there.
    """

    def __init__(self, url: str, timeout: float = 10.0) -> None:
        self._url = url
        self._timeout = timeout

    def page(self, key: str, summary: str, details: Mapping[str, str]) -> None:
        event = {
            "dedup_key": key,
            "event_action": "trigger",
            "payload": {
                "summary": summary[:SUMMARY_LIMIT],
                "severity": "critical",
                "source": SOURCE,
                "custom_details": dict(details),
            },
        }
        post_json(self._url, event, self._timeout)


class LogPager:
    """`Pager` that needs no webhook: one line of JSON on stderr, which Cloud Logging reads as an entry.

    An alert policy on its severity, CRITICAL, is what wakes somebody; ``dedup_key`` is there to group by. Terraform
    makes it (infra/terraform/alerts.tf), and tells what is stuck from other pages by how ``message`` begins.
    """

    def page(self, key: str, summary: str, details: Mapping[str, str]) -> None:
        write_entry("CRITICAL", summary, dedup_key=key, details=dict(details))


class Pagers:
    """One after the other; the first is the one that cannot fail, so that a webhook in trouble leaves a line behind."""

    def __init__(self, *pagers: Pager) -> None:
        self._pagers = pagers

    def page(self, key: str, summary: str, details: Mapping[str, str]) -> None:
        for pager in self._pagers:
            pager.page(key, summary, details)
