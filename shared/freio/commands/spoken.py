"""In which language a command prints: the client's, unless ``--locale`` says another."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError

from freio.domain.app import Client
from freio.i18n.catalogue import SUPPORTED, Language, supported


def locale_argument(parser: ArgumentParser) -> None:
    parser.add_argument("--locale", type=_tag, metavar="TAG", help="en or pt-BR (default: the client's file, or en)")


def language_of(client: Client, tag: str | None) -> Language:
    return Language(tag or client.locale, client.time_zone)


def _tag(text: str) -> str:
    if supported(text) is None:
        may = ", ".join(each.replace("_", "-") for each in SUPPORTED)
        raise ArgumentTypeError(f"{text!r}: may be {may}")
    return text
