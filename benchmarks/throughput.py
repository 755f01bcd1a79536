"""(a) A backlog of cases through all four services, until the letters, the visits and the facts of every case are there."""

import secrets
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from grounds import SERVICES, Grounds, Platform, Void, platform, until
from machine import cpu_seconds, resident_mb

LISTENERS = ("scheduling", "notifications", "reporting")
LETTERS = 2  # received, and the visit confirmed; the reminder waits
TOLD = {
    "case.created": 1,
    "case.screened": 1,
    "case.status-changed": 3,
    "visit.proposed": 1,
    "visit.confirmed": 1,
    "appointment.booked": 1,
    "notification.requested": 3,
    "notification.sent": 2,
}
FACTS = sum(TOLD.values())


class Run(NamedTuple):
    """One backlog, settled."""

    cases: int
    seconds: float
    cpu: dict[str, float]
    """Seconds of each process from the start of consumption."""
    before: float
    """Seconds of intake for taking the submissions in, screening and telling them."""
    resident: dict[str, float]

    @property
    def rate(self) -> float:
        return self.cases / self.seconds

    @property
    def micros(self) -> float:
        """CPU of the four services per case, without Kafka and the sink."""
        return sum(self.cpu[name] for name in SERVICES if name in self.cpu) / self.cases * 1e6


def asked(platform: Platform, service: str, query: str) -> list[tuple[Any, ...]]:
    """Rows of a service's store, read beside it; none while there is no table yet."""
    try:
        db = sqlite3.connect(f"file:{platform.store(service)}?mode=ro", uri=True, timeout=10)
    except sqlite3.OperationalError:
        return []
    try:
        return db.execute(query).fetchall()
    except sqlite3.OperationalError:
        return []
    finally:
        db.close()


def count(platform: Platform, service: str, query: str) -> int:
    rows = asked(platform, service, f"select count(*) from {query}")
    return int(rows[0][0]) if rows else -1


def hand_in(grounds: Grounds, platform: Platform, cases: int, **options: Any) -> dict[str, Any]:
    """Let intake take so many submissions; `Void` unless it accepts them all."""
    answer = grounds.load(port=platform.ports["intake"], run=secrets.token_hex(4), count=cases, **options)
    if set(answer["statuses"]) != {"202"}:
        raise Void(f"intake answered {answer['statuses']}")
    return answer


@contextmanager
def asleep(platform: Platform) -> Iterator[None]:
    """The listeners stand still while the backlog is made; short enough for Kafka to keep them in their groups."""
    children = [platform.children[name].popen for name in platform.children if name != "intake"]
    for child in children:
        child.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    try:
        yield
    finally:
        if time.monotonic() - began > 13:
            raise Void("the backlog took so long that Kafka has given the listeners up")
        for child in children:
            child.send_signal(signal.SIGCONT)


def ours(grounds: Grounds, cases: int, **environment: str) -> Run:
    """The four services."""
    with platform(grounds, **environment) as made:
        start_all(made)
        return backlog(grounds, made, cases)


def start_all(made: Platform) -> None:
    for service in SERVICES:
        made.start(service)
    made.await_ready(*SERVICES)


def backlog(grounds: Grounds, made: Platform, cases: int) -> Run:
    """A backlog that waits for four services which run already."""
    grounds.sink.ask("forget")
    pids = {name: child.popen.pid for name, child in made.children.items()}
    pids |= {"kafka": grounds.kafka.pid or 0, "sink": grounds.sink.child.popen.pid}
    intake = cpu_seconds(pids["intake"])
    with asleep(made):
        hand_in(grounds, made, cases, batch=10, connections=16)
        until(lambda: count(made, "intake", "outbox") == 0, "intake to tell everything", 13)
        before = {name: cpu_seconds(pid) for name, pid in pids.items()}
        began = time.time()
    ended = settled(grounds, made, cases)
    cpu = {name: cpu_seconds(pid) - before[name] for name, pid in pids.items()}
    check(made, cases)
    return Run(cases, ended - began, cpu, before["intake"] - intake, {name: resident_mb(pids[name]) for name in SERVICES})


def theirs(grounds: Grounds, peer: str, cases: int) -> Run:
    """A peer in the place of the four; the submissions are taken in by intake itself, so that its events are the same bytes."""
    with platform(grounds) as made:
        made.start("intake")
        for service in SERVICES:
            made.stand_in(service, peer, *TOLD)
        made.await_ready("intake")
        made.await_peers()
        grounds.sink.ask("forget")
        with asleep(made):
            hand_in(grounds, made, cases, batch=10, connections=16)
            until(lambda: count(made, "intake", "outbox") == 0, "intake to tell everything", 13)
            made.stop("intake")
            pids = {name.removeprefix("peer-"): child.popen.pid for name, child in made.children.items()}
            pids |= {"kafka": grounds.kafka.pid or 0, "sink": grounds.sink.child.popen.pid}
            before = {name: cpu_seconds(pid) for name, pid in pids.items()}
            began = time.time()
        ended = settled(grounds, made, cases)
        cpu = {name: cpu_seconds(pid) - before[name] for name, pid in pids.items()}
        check(made, cases)
        return Run(cases, ended - began, cpu, 0.0, {})


def settled(grounds: Grounds, made: Platform, cases: int) -> float:
    """Wait for the last fact, and give the moment at which it was recorded."""
    until(lambda: grounds.sink.ask("count") >= LETTERS * cases, "all letters", 600, 0.1)
    until(lambda: count(made, "reporting", "facts") >= FACTS * cases, "all facts", 120, 0.1)
    last = str(asked(made, "reporting", "select max(recorded_at) from facts")[0][0])
    return datetime.fromisoformat(last).timestamp()


def check(made: Platform, cases: int) -> None:
    """What must be there is there, and nothing else; `Void` otherwise."""
    told = Counter(dict(asked(made, "reporting", "select json_extract(document, '$.topic'), count(*) from facts group by 1")))
    wrong = {topic: told[topic] for topic in told.keys() | TOLD.keys() if told[topic] != TOLD.get(topic, 0) * cases}
    visits = count(made, "scheduling", "visits where json_extract(document, '$.stage') = 'confirmed'")
    parked = {name: count(made, name, "lanes") for name in SERVICES}
    if wrong or visits != cases or any(number > 0 for number in parked.values()):
        raise Void(f"of {cases} cases there are {visits} visits, {wrong} facts and {parked} parked lanes")
