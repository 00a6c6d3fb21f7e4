"""The command line: ``freio check | demo | cost | spend | forecast | watch | quotas | probe | drill | release | …``."""

from __future__ import annotations

import os
import select
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from importlib import import_module
from typing import TextIO

COMMANDS = {
    "cost": "what a month of Freio costs a client, item by item",
    "spend": "what AI cost, by whom and what for, from the client's export or from a file of it",
    "forecast": "where the month of each budget is going, and the chance to pass it",
    "watch": "a client's own past, watched again: how many alerts, what they would have caught, what they cost",
    "quotas": "the standing quotas of the client's file: what stands, what would change, and keeping them in place",
    "probe": "which brakes each app has, with nothing set; what only a client's own project can show, as experiments",
    "drill": "a fire drill through the deployed system, step by step: signal, Slack, brake, proof, restore",
    "release": "let go of every brake, whether the functions run or not, and say what stands there then",
    "slack-manifest": "what the client's Slack app is made from: its scopes, its command, and where Slack calls it",
}
"""Each is a module of `freio.commands` with `arguments` and `main`."""
ACTING = {"demo", "drill", "quotas", "release"}  # where it matters how far they came
UNREAD = 141  # what a shell says of a tool that SIGPIPE has ended (128 + 13), so that scripts know it


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (2: the words of the call are off).

    Where nobody reads its output any more (``freio watch … | head``), it ends there: quietly, as any tool does, and
    with the code that they have then; what changes something says that it has stopped.
    """
    given = sys.argv[1:] if arguments is None else arguments
    try:
        try:
            return _run(given)
        finally:  # here, and not when the interpreter ends: that would tell of it as of a fault
            for stream in (sys.stdout, sys.stderr):
                if stream is not None:  # as it is where the caller has closed it (``freio … >&-``)
                    stream.flush()
    except BrokenPipeError:
        unread = [stream is not None and _is_unread(stream) for stream in (sys.stdout, sys.stderr)]
        if not any(unread):
            raise  # of a connection to somebody else
        if given and given[0] in ACTING and not unread[1]:
            print(f"freio {given[0]}: nobody reads its output, so it stopped; what it has done stands", file=sys.stderr)
        return UNREAD


def _is_unread(stream: TextIO) -> bool:
    """Whether what is written there has no reader; then it goes nowhere from now on.

    A write that failed leaves no trace in the stream, so the pipe itself is asked.
    """
    try:
        place = stream.fileno()
    except OSError:  # a stream of its own kind: no pipe
        return False
    asked = select.poll()
    asked.register(place, select.POLLOUT)
    if not any(state & (select.POLLERR | select.POLLHUP) for _, state in asked.poll(0)):
        return False
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, place)
    os.close(nowhere)
    return True


def _run(arguments: Sequence[str]) -> int:
    parser = ArgumentParser(prog="freio", description="A brake for the cost of AI on Google Cloud.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    check = commands.add_parser("check", help="say every fault of a client's file")
    check.add_argument("file", help="the client's file, such as freio.yaml")
    check.set_defaults(run=_check)
    demo = commands.add_parser("demo", help="the whole brake on this machine, with stand-ins for the world")
    demo.set_defaults(run=_demo)
    _demo_arguments(demo)
    for name, about in COMMANDS.items():
        module = import_module(f"freio.commands.{name.replace('-', '_')}")
        command = commands.add_parser(name, help=about)
        module.arguments(command)
        command.set_defaults(run=module.main, sandboxed=_sandboxed, drilling=_drilling)
    options = parser.parse_args(arguments)
    result: int = options.run(options)
    return result


def _check(options: Namespace) -> int:
    from freio.config import check  # noqa: PLC0415  # each command imports what it needs

    faults, warnings, client = check(options.file)
    for fault in faults:
        print(fault, file=sys.stderr)
    for warning in warnings:
        print(f"{options.file}: warning: {warning}", file=sys.stderr)
    if client is None:
        print(f"{options.file}: {_counted(len(faults), 'fault')}", file=sys.stderr)
        return 1
    print(f"{options.file}: {_counted(len(client.apps), 'app')}, no faults")
    return 0


def _sandboxed(stack: ExitStack) -> dict[str, str]:
    """For a command that can look at the sandbox: nothing that is deployed knows of it."""
    from freio.sandbox.demo.probing import sandboxed  # noqa: PLC0415  # each command imports what it needs

    return sandboxed(stack)


def _drilling(stack: ExitStack) -> tuple[dict[str, str], Callable[[], None]]:
    """The same for a drill, which needs the functions too, and somebody in Slack."""
    from freio.sandbox.demo.drilling import drilling  # noqa: PLC0415  # each command imports what it needs

    return drilling(stack)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _demo_arguments(parser: ArgumentParser) -> None:
    from freio.sandbox.demo.run import arguments  # noqa: PLC0415  # each command imports what it needs

    arguments(parser)


def _demo(options: Namespace) -> int:
    from freio.sandbox.demo.run import main as run  # noqa: PLC0415  # each command imports what it needs

    return run(options)


if __name__ == "__main__":
    sys.exit(main())
