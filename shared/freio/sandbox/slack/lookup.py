"""``auth.test``, ``users.*`` and ``usergroups.*``: who is who."""

from typing import TYPE_CHECKING

from freio.sandbox.slack.call import Call
from freio.sandbox.slack.json_types import Json
from freio.sandbox.slack.people import Person
from freio.sandbox.slack.scopes import EMAIL

if TYPE_CHECKING:
    from freio.sandbox.slack.workspace import SlackWorkspace


def auth_test(workspace: "SlackWorkspace", call: Call) -> Json:
    bot = workspace.directory.bot
    return {
        "url": f"{call.origin}/",
        "team": workspace.team_name,
        "team_id": workspace.team_id,
        "user": bot.handle,
        "user_id": bot.id,
        "bot_id": workspace.bot_id,
        "is_enterprise_install": False,
    }


def user_info(workspace: "SlackWorkspace", call: Call) -> Json:
    return _user(workspace, call, workspace.directory.person(call.text("user")))


def user_by_email(workspace: "SlackWorkspace", call: Call) -> Json:
    return _user(workspace, call, workspace.directory.by_email(call.text("email")))


def group_members(workspace: "SlackWorkspace", call: Call) -> Json:
    """Ids of the people in a user group; Slack leaves deactivated people out unless asked for them."""
    group = workspace.directory.group(call.text("usergroup"))
    everybody = call.flag("include_disabled")
    people = workspace.directory.people
    return {"users": [one for one in group.members if everybody or not (one in people and people[one].deleted)]}


def _user(workspace: "SlackWorkspace", call: Call, person: Person) -> Json:
    shape = person.to_slack(
        workspace.team_id, workspace.now(), with_locale=call.flag("include_locale"), with_email=workspace.grants(EMAIL)
    )
    return {"user": shape}
