"""What a failure is told as: a sentence in the reader's language where it is ours, else the service's own words."""

from __future__ import annotations

from freio.domain.lever import Setting
from freio.domain.phrase import Phrase
from freio.domain.sentences import OTHER_THERE, READ_BACK
from freio.errors import Unavailable, VendorError


class NotThere(Unavailable):
    """The call went through, and something else than what was wanted was read back."""

    def __init__(self, wanted: Setting, standing: Setting) -> None:
        is_text = isinstance(wanted, str) or isinstance(standing, str)
        self.why = Phrase(OTHER_THERE) if is_text else Phrase.of(READ_BACK, wanted=wanted, standing=standing)
        super().__init__(str(self.why))


def said(error: VendorError) -> Phrase:
    """A failure as a phrase: no full stop at its end, because a sentence goes on after it."""
    return error.why if isinstance(error, NotThere) else Phrase.of("{error}", error=str(error).rstrip("."))
