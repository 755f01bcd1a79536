"""Names as they come from outside, made fit for one line of a mail: no control characters, no hidden changes of direction."""

import unicodedata

LONGEST = 200
OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # they would turn the text around them as well
ISOLATE, POP = "\u2068", "\u2069"


def one_line(name: str) -> str:
    """A name on one line: controls and line breaks become blanks, overrides of direction go."""
    kept = ("" if sign in OVERRIDES else " " if unicodedata.category(sign) in {"Cc", "Cs", "Zl", "Zp"} else sign for sign in name)
    return " ".join("".join(kept).split())[:LONGEST]


def isolated(name: str) -> str:
    """A name for plain text: one that runs from right to left is kept from turning its neighbours."""
    return f"{ISOLATE}{name}{POP}" if any(unicodedata.bidirectional(sign) in {"R", "AL"} for sign in name) else name
