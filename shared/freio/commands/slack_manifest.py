"""``freio slack-manifest``: what the Slack app of a client is made from, with the scopes that Freio needs alone."""

from __future__ import annotations

import json
import re
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from io import StringIO
from typing import Any, TextIO

from freio.errors import BadInput

_URL = re.compile(r"https://[A-Za-z0-9.-]+\.[A-Za-z]{2,}(?::\d{1,5})?(?:/[!-~]*)?")
LONGEST_URL = 3000  # characters, of a request URL: Slack's manifest schema
NEXT = (
    "Create the app from it at https://api.slack.com/apps (Create New App, From a manifest), install it, and invite it "
    "to the channel."
)


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", help="the client's file: the texts are in its language (else in English)")
    parser.add_argument("--url", required=True, help="where slack_inbox is reached, https://…")
    parser.add_argument(
        "--private-channel", action="store_true", help="the channel is private: Slack has another scope for those"
    )
    parser.add_argument("--format", choices=("json", "yaml"), default="json")


def main(options: Namespace, out: TextIO | None = None) -> int:
    """Exit code 2 for an address that Slack would not take, or a file with faults."""
    out = out or sys.stdout
    try:
        out.write(FORMATS[options.format](_manifest(options)))
    except BadInput as fault:
        print(fault, file=sys.stderr)
        return 2
    print(NEXT, file=sys.stderr)
    return 0


def _manifest(options: Namespace) -> dict[str, Any]:
    from freio.adapters.slack.manifest import manifest  # noqa: PLC0415  # heavy things arrive late
    from freio.i18n.catalogue import Language  # noqa: PLC0415

    url = options.url
    if not _URL.fullmatch(url) or len(url) > LONGEST_URL:
        raise BadInput(f"--url: {url!r}; may be an https address of at most {LONGEST_URL} characters, without spaces")
    if options.file is None:
        return manifest(url, Language("en", "UTC"), private_channel=options.private_channel)
    from freio.config import load  # noqa: PLC0415  # without a file none of its libraries is needed

    client = load(options.file)
    # Old private channels' ids begin with G; those of new ones with C, as public ones' do.
    private = options.private_channel or client.channel.startswith("G")
    return manifest(url, Language(client.locale, client.time_zone), private_channel=private)


def _json(manifest: Mapping[str, Any]) -> str:
    return json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"


def _yaml(manifest: Mapping[str, Any]) -> str:
    from ruamel.yaml import YAML  # noqa: PLC0415  # asked for rarely

    text = StringIO()
    yaml = YAML()
    yaml.width = 10_000  # a text stays on its line
    yaml.dump(dict(manifest), text)
    return text.getvalue()


FORMATS = {"json": _json, "yaml": _yaml}
