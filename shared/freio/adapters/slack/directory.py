"""Who people are in Slack, now: `users.info`, and the members of the user groups that the client's file names."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from slack_sdk import WebClient

from freio.adapters.slack.errors import SlackRejected, translated
from freio.domain.app import Client
from freio.domain.authority import Person

TTL = timedelta(seconds=60)  # how long somebody who was deactivated may still be taken for a colleague
SLACKBOT = "USLACKBOT"  # a bot that `users.info` does not call one
_GROUP = re.compile(r"S[A-Z0-9]{2,}")
_NOBODY = {"user_not_found", "users_not_found", "user_not_visible"}
_NO_GROUP = {"no_such_subteam", "subteam_not_found"}


def named_groups(client: Client) -> frozenset[str]:
    """The user groups that decide anything: those among the approvals and the apps' owners."""
    approvals = client.approvals
    named = [*approvals.ops, *approvals.hard_levers]
    for people in (*approvals.cost_owners.values(), *(app.owners for app in client.apps)):
        named.extend(people)
    return frozenset(name for name in named if _GROUP.fullmatch(name))


@dataclass(frozen=True, slots=True)
class _Kept:
    value: object
    at: datetime


class SlackDirectory:
    """The port `Directory` over the Web API. Answers are kept for a minute, by the clock that it is given."""

    def __init__(self, client: WebClient, groups: Iterable[str], now: Callable[[], datetime]) -> None:
        self._client = client
        self._groups = frozenset(groups)
        self._now = now
        self._kept: dict[Hashable, _Kept] = {}

    def person(self, user_id: str) -> Person | None:
        """Everything that rights hang on; None: no such member."""
        return cast("Person | None", self._keep(("person", user_id), lambda: self._person(user_id)))

    def address(self, reference: str) -> str:
        """The user id behind an e-mail address, so that they can be mentioned; anything else as it is."""
        if "@" not in reference:
            return reference
        return cast("str", self._keep(("address", reference), lambda: self._address(reference)))

    def _person(self, user_id: str) -> Person | None:
        try:
            with translated(f"looking up {user_id}"):
                user: dict[str, Any] = self._client.users_info(user=user_id, include_locale=True)["user"]
        except SlackRejected as exc:
            if exc.code in _NOBODY:
                return None
            raise
        profile = user.get("profile") or {}
        return Person(
            id=user["id"],
            name=profile.get("display_name") or user.get("real_name") or profile.get("real_name") or user["id"],
            email=profile.get("email") or "",
            locale=user.get("locale") or "",
            time_zone=user.get("tz") or "",
            is_bot=bool(user.get("is_bot")) or user["id"] == SLACKBOT,
            is_guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted") or self._is_foreign(user)),
            is_active=not user.get("deleted"),
            groups=frozenset(group for group in self._groups if user["id"] in self._members(group)),
        )

    def _is_foreign(self, user: dict[str, Any]) -> bool:
        """Somebody of another organisation, in a shared channel: their e-mail is whatever their own admin says."""
        if user.get("is_stranger"):
            return True
        team, enterprise = cast("tuple[str, str]", self._keep(("own", "team"), self._read_own_team))
        of = user.get("enterprise_user") or {}
        return user.get("team_id", team) != team and not (enterprise and of.get("enterprise_id") == enterprise)

    def _read_own_team(self) -> tuple[str, str]:
        with translated("asking who we are"):
            own = self._client.auth_test()
        return str(own["team_id"]), str(own.get("enterprise_id") or "")

    def _members(self, group: str) -> frozenset[str]:
        return cast("frozenset[str]", self._keep(("group", group), lambda: self._read_members(group)))

    def _read_members(self, group: str) -> frozenset[str]:
        """A group that is gone has nobody in it, and so gives nobody a right."""
        try:
            with translated(f"reading the group {group}"):
                return frozenset(self._client.usergroups_users_list(usergroup=group)["users"])
        except SlackRejected as exc:
            if exc.code in _NO_GROUP:
                return frozenset()
            raise

    def _address(self, email: str) -> str:
        try:
            with translated(f"looking up {email}"):
                return str(self._client.users_lookupByEmail(email=email)["user"]["id"])
        except SlackRejected as exc:
            if exc.code in _NOBODY:
                return email
            raise

    def _keep(self, key: Hashable, read: Callable[[], object]) -> object:
        kept, now = self._kept.get(key), self._now()
        if kept is None or not timedelta() <= now - kept.at < TTL:
            kept = self._kept[key] = _Kept(read(), now)
        return kept.value
