"""Finds what may be a Dutch citizen service number (BSN), which partners must not send and Loket must not keep."""

import re
from collections.abc import Sequence
from datetime import datetime

from intake.gateway.json_strictly import Json, Path, strings

SENTENCE = (
    "This looks like a citizen service number (BSN). The law allows its use only to bodies that it names, "
    "so this desk takes none from partners; please leave it out."
)
_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
_SHAPE = bytes(ord("0") if sign in b"0123456789" else sign if sign in b" .-" else ord("x") for sign in range(256))
_RUN_OF_SHAPE = re.compile(rb"00000000+")
_GROUPS_OF_SHAPE = tuple(form.replace("?", sign).encode() for sign in " .-" for form in ("000?000?000", "0000?00?000"))
_LENGTHS = (8, 9)
_RUN = re.compile(r"(?<!\d)\d{8,9}(?!\d)")
_GROUPED = re.compile(r"(?<!\d)(?:\d{3}([ .-])\d{3}\1\d{3}|\d{4}([ .-])\d{2}\2\d{3})(?!\d)")
_OPAQUE = re.compile(
    r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    r"|(?<![0-9a-zA-Z])(?=[0-9]*[a-fA-F])[0-9a-fA-F]{16,}(?![0-9a-zA-Z])"
    r"|\+\d{1,3}[ -]\d{6,11}(?!\d)"
)
"""UUIDs, long hexadecimal ids and telephone numbers with a country code: what looks like a BSN inside them is none."""


def holds_bsn(text: str) -> bool:
    """Whether a text holds a number of nine digits that passes the eleven test, or of eight that does with the zero left out.

    Eight digits that read as a day (20261124, 24112026) are taken for a day. One in eleven numbers of nine digits passes by chance:
    they are refused too.
    """
    if text.isascii() and not _may_hold(text.encode()):
        return False
    cleared = _OPAQUE.sub(" ", text)
    runs = [found.group() for found in _RUN.finditer(cleared)]
    grouped = [re.sub(r"\D", "", found.group()) for found in _GROUPED.finditer(cleared)]
    return any(_passes(digits) for digits in (*runs, *grouped))


def places_of_bsn(value: Json) -> Sequence[Path]:
    """Where in a JSON value a BSN may stand."""
    return [
        path
        for path, piece in strings(value)
        if holds_bsn(piece if isinstance(piece, str) else format(piece, "d" if isinstance(piece, int) else "f"))
    ]


def _may_hold(text: bytes) -> bool:
    """Whether it is worth looking closer: on the hot path, a look at the shape of the text is ten times faster than the expressions."""
    shape = text.translate(_SHAPE)
    return any(len(run) in _LENGTHS for run in _RUN_OF_SHAPE.findall(shape)) or any(groups in shape for groups in _GROUPS_OF_SHAPE)


def _passes(digits: str) -> bool:
    if len(digits) == 8:  # noqa: PLR2004 - the leading zero left out
        if _reads_as_day(digits):
            return False
        digits = "0" + digits
    numbers = [int(digit) for digit in digits]
    return any(numbers) and sum(number * weight for number, weight in zip(numbers, _WEIGHTS, strict=True)) % 11 == 0


def _reads_as_day(digits: str) -> bool:
    for form in ("%Y%m%d", "%d%m%Y"):
        try:
            day = datetime.strptime(digits, form)  # noqa: DTZ007 - only whether it is a day
        except ValueError:
            continue
        if 1900 <= day.year < 2100:  # noqa: PLR2004 - years that partners write about
            return True
    return False
