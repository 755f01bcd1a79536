"""Lines of a calendar object (RFC 5545, 3.1): text escaped, parameters quoted, long lines folded between characters.

Written out here, since an appointment is a dozen lines whose kinds are known: `icalendar`, which must be ready for any, took a tenth of all
CPU of this service. A test has it read every line back.
"""

import re
from datetime import UTC, datetime

PLAIN = re.compile(r"[A-Za-z0-9/_-]+", re.ASCII)  # parameters that need no quotes; some calendars take no zone in quotes
LIMIT = 75  # octets of a line, without its end
CONTROLS = (*range(32), 127)
ESCAPED = str.maketrans({**dict.fromkeys(map(chr, CONTROLS)), "\t": "\t", "\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
QUOTED = str.maketrans({**dict.fromkeys(map(chr, CONTROLS), " "), '"': "'", "^": "^^"})  # carets as RFC 6868 has them


def line(name: str, value: str, **parameters: str) -> bytes:
    """One property with its value as it goes over the wire; parameters may hold anything."""
    between = "".join(f";{key}={_parameter(words)}" for key, words in parameters.items())
    return folded(f"{name}{between}:{value}".encode())


def text(words: str) -> str:
    """Words as a value of type TEXT."""
    return words.replace("\r\n", "\n").replace("\r", "\n").translate(ESCAPED)


def moment(when: datetime) -> str:
    """A moment as a value: the local time of a zone that a parameter names, or UTC."""
    return f"{when:%Y%m%dT%H%M%S}" + ("Z" if when.tzinfo is UTC else "")


def folded(whole: bytes) -> bytes:
    """A line with its end; what is too long goes on behind a space, never within a character and seldom within an escape."""
    if len(whole) <= LIMIT:
        return whole + b"\r\n"
    parts, start, room = [], 0, LIMIT
    while len(whole) - start > room:
        end = start + room
        while whole[end] & 0xC0 == 0x80:  # noqa: PLR2004 - a byte that continues a character
            end -= 1
        if whole[end - 1] in b"\\^":
            end -= 1
        parts.append(whole[start:end])
        start, room = end, LIMIT - 1
    return b"\r\n ".join((*parts, whole[start:])) + b"\r\n"


def _parameter(words: str) -> str:
    return words if PLAIN.fullmatch(words) else f'"{words.translate(QUOTED)}"'
