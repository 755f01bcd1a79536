"""(c) `POST /v1/events` over 64 connections: one signed submission per request, stored before it is answered."""

from typing import NamedTuple

from grounds import HERE, Grounds, platform
from machine import cpu_seconds
from throughput import hand_in

CONNECTIONS = 64


class Requests(NamedTuple):
    """What 64 connections got."""

    per_second: float
    p50: float
    p99: float
    """Milliseconds."""
    micros: float
    """CPU of intake per request: what follows from a submission (screening, telling) runs beside it and is counted in."""


def requests(grounds: Grounds, count: int, *, grouped: bool = True) -> Requests:
    """Intake alone with its store and Kafka; `grouped=False`: one write per request."""
    with platform(grounds) as made:
        child = made.start("intake", *(() if grouped else (str(HERE / "peers" / "one_write.py"),)))
        made.await_ready("intake")
        hand_in(grounds, made, CONNECTIONS * 4, connections=CONNECTIONS)  # warm
        before = cpu_seconds(child.popen.pid)
        answer = hand_in(grounds, made, count, connections=CONNECTIONS)
        spent = answer["spent"]
        micros = (cpu_seconds(child.popen.pid) - before) / count * 1e6
        return Requests(count / answer["seconds"], spent[count // 2] * 1000, spent[count * 99 // 100] * 1000, micros)
