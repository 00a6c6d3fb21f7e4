"""``freio release --all``: let go of every brake, before ``terraform destroy``, or because somebody says so."""

from __future__ import annotations

import os
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from getpass import getuser
from typing import TYPE_CHECKING, TextIO

from freio.commands.table import aligned
from freio.domain.app import Level, Mode
from freio.domain.lever import UNLIMITED, Setting
from freio.domain.where import where
from freio.errors import BadInput, FreioError, SettingsError

if TYPE_CHECKING:
    from freio.bootstrap import Freio
    from freio.guard.release import Held

HEADER = ("app", "project", "lever", "where", "stands now", "goes back to", "is")
NOTHING = "Nothing is held."
UNSET = "freio release: nothing was changed; add --yes to let go of what is listed"
PAUSE = 15.0  # seconds between two tries
LONGEST = 48  # characters of a cell


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", help="the client's file (else FREIO_CONFIG)")
    parser.add_argument("--all", action="store_true", help="every brake there is")
    parser.add_argument("--app", metavar="NAME", default="", help="those of one app alone")
    parser.add_argument("--yes", action="store_true", help="really let go; else only say of what")
    parser.add_argument(
        "--wait", type=float, default=360.0, metavar="SECONDS", help="how long to go on trying what fails (default 360)"
    )


def main(options: Namespace, environment: Mapping[str, str] = os.environ, out: TextIO | None = None) -> int:
    """Exit code 1 where something is still held or could not be read, 2 where ``--yes`` is missing or a setting is.

    It runs with the environment and the rights of the enforcer, which need not run.
    """
    to = out or sys.stdout
    try:
        if not options.all and not options.app:
            raise BadInput("freio release: of what? Say --all, or --app NAME")
        return _release(_freio(options, environment), options, to)
    except FreioError as fault:
        print(fault, file=sys.stderr)
        return 2 if isinstance(fault, BadInput) else 1


def _freio(options: Namespace, environment: Mapping[str, str]) -> Freio:
    from freio.bootstrap import Freio  # noqa: PLC0415  # heavy things arrive late

    file = {"FREIO_CONFIG": options.file} if options.file else {}
    # A look asks the gateway nothing unless something is held there; then this is no key, and it counts as held.
    unused = {"FREIO_QUEUE": "unused"} | ({} if options.yes else {"FREIO_GATEWAY_KEY": "unused"})
    return Freio({**unused, **environment, **file})


def _release(freio: Freio, options: Namespace, out: TextIO) -> int:
    releaser = freio.releaser
    before = releaser.held(options.app)
    print(_table(before) if before else NOTHING, file=out)
    unread = releaser.unreadable()
    for fault in unread:
        print(f"CANNOT BE READ: {fault}", file=sys.stderr)
    if not options.yes:
        if _held(before):
            print(UNSET, file=sys.stderr)
            return 2
        return 1 if unread else 0
    by = _who()
    end = time.monotonic() + options.wait
    failed = releaser.release(options.app, by)  # also where nothing is held yet: a brake may be about to be set
    while any(not one.hopeless for one in _held(releaser.held(options.app))) and time.monotonic() < end:
        time.sleep(min(PAUSE, max(0.0, end - time.monotonic())))
        failed = releaser.release(options.app, by)
    for failure in failed:
        print(f"FAILED: {failure}", file=sys.stderr)
    after = {one.target: one for one in releaser.held(options.app)}
    after |= {one.target: releaser.look(one.target) for one in before if one.target not in after}
    _tell_slack(freio)
    if after:
        print(f"\n{_table([*after.values()])}", file=out)
    # What another app still holds beside the one that was asked for is its own affair.
    left = [one for one in _held([*after.values()]) if not options.app or options.app in one.apps or not one.apps]
    for one in left:
        print(f"STILL HELD: {_said(one)}", file=sys.stderr)
    _warn(freio, [*before, *after.values()])
    return 1 if left or unread or failed else 0


def _held(found: Sequence[Held]) -> list[Held]:
    return [one for one in found if not one.is_back]


def _tell_slack(freio: Freio) -> None:
    """What is owed to people. It waits in the store where Slack cannot be reached, or nobody gave a token."""
    try:
        failures = freio.alerter.deliver().failures
    except SettingsError as lacking:
        print(f"Slack was not told: {lacking}", file=sys.stderr)
        return
    for failure in failures:
        print(f"Not told yet: {failure}", file=sys.stderr)


def _warn(freio: Freio, touched: Sequence[Held]) -> None:
    names = dict.fromkeys(name for one in touched for name in one.apps)
    by_itself = [
        app.name
        for app in freio.client.apps
        if app.name in names and any(app.policy.mode(level) is Mode.ENFORCE for level in Level)
    ]
    if by_itself:
        print(
            f"{', '.join(by_itself)}: the file says enforce: while the functions run, a runaway is braked again",
            file=sys.stderr,
        )


def _who() -> str:
    """For the journal and for Slack: who ran the command on which machine's account."""
    try:
        return f"freio release, by {getuser()}"
    except (KeyError, OSError):
        return "freio release"


# ---- how it is written


def _table(held: Sequence[Held]) -> str:
    return aligned(HEADER, [_cells(one) for one in held])


def _cells(one: Held) -> list[str]:
    return [
        "+".join(one.apps) or "-",
        one.target.project,
        one.target.lever,
        str(where(one.target)),
        "?" if one.error else _setting(one.stands),
        _setting(one.returns),
        _is(one),
    ]


def _is(one: Held) -> str:
    if one.is_back:
        return "back"
    why = one.error or ("a lever call that was under way may still come last" if one.is_late else "")
    return f"{one.hold}: {why}" if why else str(one.hold)


def _said(one: Held) -> str:
    return f"{where(one.target)} in {one.target.project}: {_is(one)}; {_setting(one.stands)} stands there"


def _setting(value: Setting) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, int):
        return "no limit" if value == UNLIMITED else f"{value:,}"
    return value if len(value) <= LONGEST else f"{value[: LONGEST - 1]}…"
