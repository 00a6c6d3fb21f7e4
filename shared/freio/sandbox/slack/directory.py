"""Finds people, groups and channels."""

from collections.abc import Iterable, Mapping

from freio.sandbox.slack.errors import ScriptError, SlackError
from freio.sandbox.slack.ids import Ids
from freio.sandbox.slack.people import Channel, Group, Person


class Directory:
    """Everybody and every place, with Slack's words for what is not there. The workspace's lock guards it."""

    def __init__(
        self, *, bot: Person, people: Iterable[Person], groups: Iterable[Group], channels: Iterable[Channel], ids: Ids
    ) -> None:
        self.bot = bot
        self._people = {person.id: person for person in (bot, *people)}
        self._groups = {group.id: group for group in groups}
        self._channels = {channel.id: channel for channel in channels}
        self._ids = ids

    @property
    def people(self) -> Mapping[str, Person]:
        return self._people

    @property
    def groups(self) -> Mapping[str, Group]:
        return self._groups

    @property
    def channels(self) -> Mapping[str, Channel]:
        return self._channels

    def put_person(self, person: Person) -> None:
        """Adds somebody, or changes their record (deactivated, made a guest, moved to another time zone)."""
        self._people[person.id] = person

    def put_group(self, group: Group) -> None:
        """Adds a user group, or changes who is in it."""
        self._groups[group.id] = group

    def put_channel(self, channel: Channel) -> None:
        """Adds a channel, or changes who is in it, or makes it private."""
        self._channels[channel.id] = channel

    def acting(self, person_id: str) -> Person:
        """The person that a script or the page acts as."""
        if person_id not in self._people:
            raise ScriptError(f"nobody here has the id {person_id}")
        return self._people[person_id]

    def place(self, person_id: str, reference: str) -> Channel:
        """A channel that this person is in; a script that acts for them elsewhere is wrong."""
        channel = self.channel(reference)
        if not channel.has(person_id):
            raise ScriptError(f"{person_id} is not in {reference} and can do nothing there")
        return channel

    def person(self, person_id: str) -> Person:
        if person_id not in self._people:
            raise SlackError("user_not_found")
        return self._people[person_id]

    def by_email(self, email: str) -> Person:
        """Slack does not find deactivated people by address."""
        for person in self._people.values():
            if person.email and person.email.lower() == email.lower() and not person.deleted:
                return person
        raise SlackError("users_not_found")

    def group(self, group_id: str) -> Group:
        if group_id not in self._groups:
            raise SlackError("no_such_subteam")
        return self._groups[group_id]

    def channel(self, reference: str) -> Channel:
        """A channel by id, by ``#name``, or the direct message with a person by that person's id."""
        if reference in self._channels:
            return self._channels[reference]
        for channel in self._channels.values():
            if channel.name and channel.name == reference.removeprefix("#"):
                return channel
        if reference in self._people:
            return self.direct(reference)
        raise SlackError("channel_not_found")

    def writable(self, reference: str) -> Channel:
        """A channel in which the app may write."""
        channel = self.channel(reference)
        if not channel.has(self.bot.id):
            raise SlackError("not_in_channel")
        return channel

    def direct(self, person_id: str) -> Channel:
        """The direct message between the app and a person, opened at first use."""
        person = self.person(person_id)
        for channel in self._channels.values():
            if channel.is_im and person.id in channel.members:
                return channel
        opened = Channel(id=self._ids.name("D"), is_im=True, members=(person.id, self.bot.id))
        self._channels[opened.id] = opened
        return opened

    def seen_by(self, person_id: str) -> list[Channel]:
        return [channel for channel in self._channels.values() if channel.has(person_id)]
