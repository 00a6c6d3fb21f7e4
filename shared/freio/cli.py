"""The command line: ``freio check | demo | cost | spend | forecast | watch | quotas | probe | drill | release | …``."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from importlib import import_module

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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (2: the words of the call are off)."""
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
