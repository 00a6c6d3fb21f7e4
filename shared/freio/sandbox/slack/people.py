"""Who and what a workspace has: people, user groups, channels."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from freio.sandbox.slack.json_types import Json


@dataclass(frozen=True)
class Person:
    """Somebody with a Slack account; ``locale`` as ``pt-BR``, ``tz`` as ``America/Sao_Paulo``."""

    id: str
    name: str
    email: str = ""
    locale: str = "en"
    tz: str = "Etc/UTC"
    is_bot: bool = False
    deleted: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False

    def to_slack(self, team_id: str, at: datetime, *, with_locale: bool, with_email: bool) -> Json:
        """The user object of ``users.info``; Slack sends the locale only when asked for it, and the address to few."""
        offset = at.astimezone(ZoneInfo(self.tz)).utcoffset()
        user: Json = {
            "id": self.id,
            "team_id": team_id,
            "name": self.handle,
            "real_name": self.name,
            "deleted": self.deleted,
            "is_bot": self.is_bot,
            "is_restricted": self.is_restricted,
            "is_ultra_restricted": self.is_ultra_restricted,
            "profile": {"real_name": self.name, "display_name": self.name},
        }
        if self.email and with_email:
            user["profile"]["email"] = self.email
        if not self.deleted:
            user |= {"tz": self.tz, "tz_offset": int(offset.total_seconds()) if offset else 0}
        if with_locale:
            user["locale"] = self.locale
        return user

    @property
    def handle(self) -> str:
        """The old-style user name that payloads carry: the mailbox, or the name in small letters."""
        return self.email.partition("@")[0] or self.name.lower().replace(" ", ".")


@dataclass(frozen=True)
class Group:
    """A user group, mentioned as ``@handle``; ``members`` are ids of people."""

    id: str
    handle: str
    members: tuple[str, ...] = ()


@dataclass(frozen=True)
class Channel:
    """A channel, or a direct message (``is_im``).

    No ``members`` means that everybody, the app too, is in it.
    """

    id: str
    name: str = ""
    is_im: bool = False
    is_private: bool = False
    members: tuple[str, ...] = ()

    def has(self, person_id: str) -> bool:
        return not self.members or person_id in self.members
