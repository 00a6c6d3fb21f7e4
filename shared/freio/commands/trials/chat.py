"""Experiments about Slack."""

from __future__ import annotations

from freio.commands.trials.experiment import Experiment

_API = 'curl -s -H "Authorization: Bearer $SLACK_BOT_TOKEN" https://slack.com/api'

EXPERIMENTS = (
    Experiment(
        key="slack-scopes",
        belief="The bot has chat:write, commands, files:write, users:read, users:read.email, usergroups:read, and to"
        " read"
        " back channels:history, or groups:history where the channel is private.",
        why="What was posted is looked for before it is posted again; without the scope each lost reply posts twice.",
        commands=(
            f"{_API}/auth.test -D - -o /dev/null | grep -i x-oauth-scopes",
            f"{_API}/conversations.info?channel=<CHANNEL>",
            f"{_API}/conversations.history?channel=<CHANNEL>\\&limit=1",
        ),
        expect='"ok": true each time, and "is_member": true.',
        otherwise="missing_scope names the scope: add it and install the app again. not_in_channel: /invite it.",
    ),
    Experiment(
        key="slack-groups",
        belief="The members of a user group can be listed, and leave out people who were deactivated.",
        why="Who may click is read from it.",
        commands=(f"{_API}/usergroups.users.list?usergroup=S01OPS0000 # the group under approvals.ops",),
        expect='"ok": true and the people you expect.',
        otherwise="Name people by id or e-mail address under approvals instead.",
    ),
)
