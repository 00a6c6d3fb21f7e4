"""A fault: one printable line that says where, what stands there and what may stand there."""

from __future__ import annotations

from dataclasses import dataclass

Path = tuple[int | str, ...]
"""Where something stands in the file: ``("apps", 0, "grace")`` is written ``apps[0].grace``."""

_SHOWN = 60


def quoted(text: str, length: int = _SHOWN) -> str:
    """What stands in the file, in quotes, on one line, safe to print, and not longer than it needs to be."""
    return ascii_safe(repr(text if len(text) <= length else text[: length - 1] + "…"))


def ascii_safe(text: str) -> str:
    """The same text, where what cannot be printed is escaped: a name may come from anywhere."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def spelled(path: Path) -> str:
    """A path as people write it; a key that would be misread is put in quotes.

    >>> spelled(("apps", 0, "quotas", "input_tokens_per_minute"))
    'apps[0].quotas.input_tokens_per_minute'
    """
    said = ""
    for step in path:
        if isinstance(step, int):
            said += f"[{step}]"
            continue
        plain = step and all(c.isalnum() or c in "_-@<" for c in step) and len(step) <= _SHOWN
        said += ("." if said else "") + (step if plain else quoted(step))
    return said


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at one place. Line 0 is the file as a whole."""

    line: int
    path: Path
    message: str

    def printed(self, name: str) -> str:
        """As a line such as ``freio.yaml:14: apps[0].grace: '15 minutes' is not a duration; may be 15m``."""
        where = f"{ascii_safe(name)}:{self.line}" if self.line else ascii_safe(name)
        place, message = spelled(self.path), ascii_safe(self.message)
        return f"{where}: {place}: {message}" if place else f"{where}: {message}"


def printed(faults: list[Fault], name: str) -> list[str]:
    """All faults in the file's order, each once."""
    ordered = sorted(faults, key=lambda fault: (fault.line, spelled(fault.path), fault.message))
    return list(dict.fromkeys(fault.printed(name) for fault in ordered))
