"""Finds what may be a Dutch citizen service number (BSN), which partners must not send and Loket must not keep, also in disguise."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime

from intake.gateway.json_strictly import Json, Path, strings

SENTENCE = (
    "This looks like a citizen service number (BSN). The law allows its use only to bodies that it names, "
    "so this desk takes none from partners; please leave it out."
)
_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
_SHORT, _LONG, _PADDED = 8, 9, 12
_MAYBE = re.compile(r"[0-9](?:[^0-9A-Za-z]{0,3}[0-9]){7}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_OPAQUE = re.compile(
    r"(?<![0-9a-zA-Z])(?=[0-9]*[a-fA-F])[0-9a-fA-F]{16,}(?![0-9a-zA-Z])"
    r"|(?<![0-9])(?:19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]"
    r"(?:[Tt ][0-2][0-9]:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})?)?(?![0-9])"
    r"|\+[0-9]{1,3}[ -][0-9]{6,11}(?![0-9])|\+[0-9]{1,3}(?:[ .-][0-9]{1,4}){2,6}(?![0-9])"
    r"|(?<![0-9])(?:\+31|0031|0)[ .-]?6[ .-]?[0-9]{8}(?![0-9])|(?<![0-9])0[0-9]{1,3}[ -][0-9]{2,4}(?:[ .-]?[0-9]{2,4}){1,3}(?![0-9])"
    r"|[A-Z]{2}[0-9]{2}[A-Z]{4}[0-9]{10}"
)
"""Long hexadecimal ids, moments, telephone numbers and account numbers: what looks like a BSN inside them is none."""
_SHAPE = bytes(
    ord("0") if sign in b"0123456789" else ord("x") if chr(sign).isalpha() or sign in b'"[]{}' else ord(".") for sign in range(256)
)
_NEAR = re.compile(rb"0[0.]{7,}")
_PHRASE = re.compile(r"[0-9]+(?:[^0-9A-Za-z]{1,3}[0-9]+)*")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")


def holds_bsn(text: str) -> bool:
    """Whether a text holds a number of nine digits that passes the eleven test, or of eight that does with the zero left out.

    Digits of other scripts, signs and blanks between digits, what no eye sees, leading zeros and the country code are looked through. Eight
    digits that read as a day (20261124, 24112026) are taken for a day. One in eleven numbers of nine digits passes by chance: refused too.
    """
    if not text.isascii():
        text = _plain(text)
    if _MAYBE.search(text) is None:
        return False
    cleared = _OPAQUE.sub("x", _UUID.sub(lambda found: f"x{_padded(found.group())}x", text))
    return any(_passes(digits) for found in _PHRASE.finditer(cleared) for digits in _readings(re.findall("[0-9]+", found.group())))


def may_hold_bsn(text: str) -> bool:
    """Whether it is worth looking closer at a JSON text without escapes: its shape alone is ten times faster than its places."""
    return not text.isascii() or any(map(_worth_a_look, _NEAR.findall(text.encode().translate(_SHAPE))))


def _worth_a_look(shape: bytes) -> bool:
    shape = shape.rstrip(b".")
    is_day, is_long = shape == b"0000.00.00", len(shape) > _PADDED + 1 and b"." not in shape
    return shape.count(b"0") >= _SHORT and not is_day and not is_long


def places_of_bsn(value: Json) -> Sequence[Path]:
    """Where in a JSON value, in its texts, numbers and keys, a BSN may stand."""
    return [
        path
        for path, piece in strings(value)
        if holds_bsn(piece if isinstance(piece, str) else format(piece, "d" if isinstance(piece, int) else "f"))
    ]


def _plain(text: str) -> str:
    """Digits of every script as 0 to 9, without what has no width; every other sign that is no letter is kept as a sign."""
    signs = (sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) not in {"Cf", "Mn", "Me"})
    return "".join(sign if sign.isascii() else _plainly(sign) for sign in signs)


def _plainly(sign: str) -> str:
    digit = unicodedata.digit(sign, None)
    return str(digit) if digit is not None else "x" if sign.isalpha() else "."


def _padded(uuid: str) -> str:
    """The number that somebody has filled up to a UUID with zeros; nothing where the UUID was made as UUIDs are."""
    digits = uuid.replace("-", "")
    if digits[20:23] == "000" and digits[23:].isdecimal() and digits[23:].strip("0"):
        return digits[23:]
    number = f"{digits[:12]}0{digits[13:16]}0{digits[17:]}".strip("0")
    return number.ljust(_LONG, "0") if number.isdecimal() and len(number) <= _LONG else ""


def _readings(groups: Sequence[str]) -> Iterator[str]:
    """The numbers that digits in groups may be: each group, groups that follow each other, and either without zeros and country code."""
    for start in range(len(groups)):
        if len(groups[start]) == _SHORT:
            yield groups[start]
        if len(groups) > start + 1 and _YEAR.fullmatch(groups[start]):
            continue  # 2026-00123 is the 123rd of a year
        joined = ""
        for group in groups[start:]:
            joined += group
            if len(joined) > _PADDED + 1:
                break
            yield from _stripped(joined)


def _stripped(digits: str) -> Iterator[str]:
    for number in (digits, digits.lstrip("0"), digits.removeprefix("0031"), digits.removeprefix("31")):
        if len(number) == _LONG and len(digits) <= _PADDED + 1:
            yield number
    if len(digits) > _LONG and len(number := digits.lstrip("0")) == _SHORT:
        yield number


def _passes(digits: str) -> bool:
    if len(digits) == _SHORT:  # the leading zero left out
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
