"""Who calls Google's AI services in an app's projects: requests by credential, from the front end of every Google API.

`serviceruntime.googleapis.com/api/request_count` of `consumed_api` has the caller's credential as a label of its
resource (see `freio.adapters.google.caller_windows`). It counts requests, of all models together; neither tokens nor
money. Only what was served (2xx) is counted: what is refused costs nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from freio.adapters.google.client import GoogleApis
from freio.adapters.google.deny_policy import home
from freio.adapters.google.errors import translated
from freio.adapters.google.key_restrictions import AI_SERVICES
from freio.adapters.google.time_series import Question, count
from freio.domain.app import App, Match
from freio.domain.callers import NOBODY, Calls, Measure
from freio.domain.phrase import Phrase
from freio.domain.sentences import AT_ACCOUNT, AT_KEY
from freio.errors import Rejected

HOUR = timedelta(hours=1)
DAYS = 7
KEY, ACCOUNT = "apikey:", "serviceaccount:"
REQUESTS = Question(
    metric="serviceruntime.googleapis.com/api/request_count",
    resource="consumed_api",
    where={},
    by=("resource.label.service", "resource.label.credential_id", "metric.label.response_code"),
)


class CredentialCalls:
    """Implements `CallLog` for apps that name their projects.

    In a project of the app's own, every credential is a caller of its. In one that several apps may use, those that the
    app's file names are its callers, and they are all of them: by its own word nothing else is the app's. Where it
    names none there, nothing tells its callers from others'.
    """

    def __init__(self, apis: GoogleApis, apps: Sequence[App]) -> None:
        self._apis = apis
        self._apps = apps
        self._names: dict[str, Phrase] = {}  # by credential
        self._ids: dict[tuple[str, str], str | None] = {}  # by project and what the file calls it

    def calls(self, app: App, until: datetime) -> Calls | None:
        if not app.match.projects:
            return None
        starts = [until - back * timedelta(days=1) - HOUR for back in range(DAYS + 1)]
        hours: list[dict[str, Decimal]] = [defaultdict(Decimal) for _ in starts]
        projects = {project: self._may_be_used(project, besides=app) for project in sorted(app.match.projects)}
        mine = {caller for project in projects for caller in self._named_by(app, project)}
        if any(projects.values()) and (not mine or self._unknown(app, projects)):
            return None
        for project, is_shared in projects.items():
            for one in count(self._apis, project, REQUESTS, since=starts[-1], until=until, step=HOUR):
                labels = one.labels
                caller = labels.get("credential_id", NOBODY)
                is_ai = labels.get("service") in AI_SERVICES and labels.get("response_code", "").startswith("2")
                if is_ai and (caller in mine or not is_shared):
                    for hour, start in zip(hours, starts, strict=True):
                        hour[caller] += one.steps.get(start, 0)
        return Calls(of=Measure.REQUESTS, now=hours[0], before=tuple(hours[1:]))

    def named(self, app: App, caller: str) -> Phrase:
        """As the client's file names it; else as Google does, who may not tell more than an id."""
        if caller not in self._names:
            for project in sorted(app.match.projects):
                self._named_by(app, project)
        if caller not in self._names:
            self._names[caller] = self._looked_up(caller)
        return self._names[caller]

    def _named_by(self, app: App, project: str) -> set[str]:
        """The credentials of the keys and accounts that an app's file names, as far as they may be looked up."""
        keys = (
            self._id(project, name, AT_KEY, lambda name: _uid(self._key(f"projects/{project}/locations/global", name)))
            for name in sorted(app.match.api_keys)
        )
        accounts = (
            self._id(project, name, AT_ACCOUNT, lambda name: _unique(self._account(home(name) or "-", name)))
            for name in sorted(app.match.service_accounts)
        )
        return set(filter(None, (*keys, *accounts)))

    def _unknown(self, app: App, projects: Iterable[str]) -> bool:
        """Whether the file names a key or an account whose credential could not be looked up in any of the projects."""
        return any(all(self._ids.get((project, name)) is None for project in projects) for name in _callers(app.match))

    def _id(self, project: str, name: str, said: str, look: Callable[[str], str]) -> str | None:
        if (project, name) not in self._ids:
            try:
                found = look(name)
            except Rejected:  # no such key in this project, or nobody has granted to look at it
                self._ids[project, name] = None
            else:
                self._ids[project, name] = found
                place = "key" if said == AT_KEY else "service_account"
                self._names[found] = Phrase.of(said, **{place: name})
        return self._ids[project, name]

    def _looked_up(self, caller: str) -> Phrase:
        if caller.startswith(ACCOUNT):
            unique = caller.removeprefix(ACCOUNT)
            try:
                return Phrase.of(AT_ACCOUNT, service_account=self._account("-", unique)["email"])
            except (Rejected, KeyError):
                return Phrase.of(AT_ACCOUNT, service_account=unique)
        return Phrase.of(AT_KEY, key=caller.removeprefix(KEY))

    def _key(self, parent: str, name: str) -> dict[str, Any]:
        with translated(f"looking up the API key {name}"):
            keys = self._apis.api_keys().projects().locations().keys()
            found: dict[str, Any] = keys.get(name=f"{parent}/keys/{name}").execute()
        return found

    def _account(self, project: str, name: str) -> dict[str, Any]:
        with translated(f"looking up the service account {name}"):
            accounts = self._apis.service_accounts().projects().serviceAccounts()
            found: dict[str, Any] = accounts.get(name=f"projects/{project}/serviceAccounts/{name}").execute()
        return found

    def _may_be_used(self, project: str, *, besides: App) -> bool:
        """Whether another app may have traffic in a project: it names it, or names no project at all."""
        return any(_may_use(other, project) for other in self._apps if other.name != besides.name)


def _may_use(app: App, project: str) -> bool:
    match = app.match
    return project in match.projects or (not match.projects and bool(match.labels or match.models or _callers(match)))


def _callers(match: Match) -> tuple[str, ...]:
    return (*match.api_keys, *match.service_accounts)


def _uid(key: dict[str, Any]) -> str:
    return f"{KEY}{key['uid']}"


def _unique(account: dict[str, Any]) -> str:
    return f"{ACCOUNT}{account['uniqueId']}"
