"""Makes the README's picture of the Slack page: ``python -m tools.screenshot [--locale pt-BR] [--dark] [FILE]``.

The picture is of the real thing: the demo's functions, an app that runs away, a click on *Throttle*, the proof, and a
request that waits for its cost owner.
"""

from __future__ import annotations

import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path

from playwright.sync_api import expect

from freio.sandbox.demo.cast import BRUNO, PAT, RUI
from tests.browser.world import PATIENCE, World, block, button, opened, write
from tests.real import chromium_path

APP = "support-chat"
SIZE = (1280, 986)


def play(world: World, reason: str) -> None:
    """Until the brake is proved, and its owner has asked for more."""
    ops, owner = world.channel(PAT), world.channel(BRUNO)
    world.pass_until(lambda: True)  # people need a moment
    button(world.message(ops, APP), "throttle").click()
    expect(button(world.message(ops, APP), "release")).to_be_visible()
    world.pass_until(lambda: world.is_proved(APP), hours=1)
    expect(block(world.message(ops, APP), "proof")).to_be_visible()
    write(owner, f"/freio ask {APP} 300 +6h {reason}")
    thread = world.channel(PAT, thread=world.ts(APP))
    expect(button(thread.locator("#replies"), "approve")).to_be_visible()
    for page in (ops, owner, thread):
        page.close()


def picture(world: World, locale: str, *, dark: bool) -> bytes:
    width, height = SIZE
    reader = RUI if locale.startswith("pt") else PAT
    page = world.channel(reader, thread=world.ts(APP), width=width, height=height)
    page.emulate_media(color_scheme="dark" if dark else "light")
    chart = world.message(page, APP).locator("figure img")
    expect(chart).to_be_visible()
    expect(button(page.locator("#replies"), "approve")).to_be_visible()
    page.wait_for_function("[...document.images].every((one) => one.complete && one.naturalWidth)")
    world.message(page, APP).evaluate("(message) => message.scrollIntoView({ block: 'start' })")
    page.locator("#replies").evaluate("(list) => { list.scrollTop = list.scrollHeight; }")
    return page.screenshot()


def main(arguments: list[str]) -> int:
    parser = ArgumentParser(description="Make the README's picture of the Slack page.")
    parser.add_argument("file", type=Path, nargs="?", default=Path("docs", "slack.png"), metavar="FILE")
    parser.add_argument("--locale", choices=("en", "pt-BR"), default="en")
    parser.add_argument("--dark", action="store_true")
    options = parser.parse_args(arguments)
    chromium = chromium_path()
    if chromium is None:
        print("there is no Chromium here: `make browser` brings it")
        return 1
    expect.set_options(timeout=PATIENCE)
    reason = "campanha de hoje" if options.locale == "pt-BR" else "launch day"
    with (
        tempfile.TemporaryDirectory(prefix="freio-picture-") as folder,
        opened(chromium, Path(folder), {APP: "stuck_loop"}, options.locale) as world,
    ):
        play(world, reason)
        options.file.parent.mkdir(parents=True, exist_ok=True)
        options.file.write_bytes(picture(world, options.locale, dark=options.dark))
    print(f"written: {options.file} ({options.file.stat().st_size // 1024} KiB)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
