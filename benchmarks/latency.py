"""(b) From the moment a submission was meant to leave its sender until its first letter lies at the mail server, in open loop."""

import secrets
from pathlib import Path
from typing import NamedTuple

import orjson
from grounds import Grounds, Void, platform
from throughput import LETTERS, check, hand_in, settled, start_all


class Delays(NamedTuple):
    """Milliseconds of all submissions but those of the first seconds."""

    rate: float
    cases: int
    p50: float
    p99: float
    most: float
    confirmed_p50: float
    """Until the second letter, which says when the visit is."""


def delays(grounds: Grounds, rate: float, seconds: float, warm: float) -> Delays:
    """So many submissions per second for so long, after a warm-up that does not count."""
    cases = int(rate * (seconds + warm))
    moments = grounds.folder / f"moments-{secrets.token_hex(3)}"
    with platform(grounds) as made:
        start_all(made)
        grounds.sink.ask("forget")
        hand_in(grounds, made, cases, rate=rate, moments=str(moments))
        settled(grounds, made, cases)
        check(made, cases)
        return _delays(moments, grounds.sink.ask("all"), rate, int(rate * warm))


def _delays(moments: Path, came: dict[str, list[float]], rate: float, warm: int) -> Delays:
    meant = list(orjson.loads(moments.read_bytes()).items())[warm:]
    if any(len(came.get(recipient, ())) != LETTERS for recipient, _ in meant):
        raise Void("somebody did not get exactly two letters")
    first = sorted((came[recipient][0] - moment) * 1000 for recipient, moment in meant)
    second = sorted((came[recipient][1] - moment) * 1000 for recipient, moment in meant)
    count = len(first)
    return Delays(rate, count, first[count // 2], first[count * 99 // 100], first[-1], second[count // 2])
