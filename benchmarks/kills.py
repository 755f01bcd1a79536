"""(l) Services are killed (SIGKILL) and started again, one after the other, while submissions come at a steady rate."""

import secrets
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import NamedTuple

import orjson
from grounds import SERVICES, Grounds, Platform, Void, platform, say, until
from outcome import Goal, Part
from profiles import Profile
from throughput import FACTS, LETTERS, LISTENERS, TOLD, asked, count, hand_in, start_all

SIZES = {"tiny": (1, 10, 6.0), "quick": (3, 20, 8.0), "full": (10, 40, 8.0)}  # kills, submissions per second, seconds between two kills
CALM = 6.0  # seconds before the first kill
BEFORE = 2.0  # submissions that came so many seconds before a kill may still have been under way
UNCERTAIN = ("notification.sent", "notification.failed")  # one of them per letter: a letter under way at a kill may have left or not


class Killed(NamedTuple):
    """What became of a run with kills."""

    cases: int
    calm: float
    """Longest wait, in seconds, of a submission for its second letter while nobody is killed."""
    waits: list[float]
    """The same around each kill."""
    settled: float
    """Seconds from the last kill until everything was settled."""
    unknown: int
    """Letters of which nobody can say whether they left; never sent again."""


def killing(grounds: Grounds, profile: Profile) -> Part:
    kills, rate, pause = SIZES[profile.name]
    say(f"(l) {kills} kills, {pause:.0f} s apart, under {rate} submissions per second")
    found = _killed(grounds, kills, rate, pause)
    worst = max(found.waits)
    rows = [
        ("kills: scheduling, notifications and reporting in turn", f"{kills}, {pause:.0f} s apart"),
        ("cases, each planned, told and counted once", f"{found.cases:,} at {rate} per second"),
        ("letters whose outcome is unknown for ever", str(found.unknown)),
        ("longest wait for the second letter while nobody is killed", f"{found.calm:.2f} s"),
        ("longest wait around a kill, median / worst", f"{median(found.waits):.1f} / {worst:.1f} s"),
        ("from the last kill until everything is settled", f"{found.settled:.1f} s"),
    ]
    goals = [
        Goal("killed under load: lost or twice", "0", "0", met=True),  # anything else has made the result void
        Goal("from the last kill until all is settled", "≤ 60 s", f"{found.settled:.0f} s", found.settled <= 60),
    ]
    return Part(rows, goals, found._asdict())


def _killed(grounds: Grounds, kills: int, rate: int, pause: float) -> Killed:
    cases = int(rate * (CALM + kills * pause))
    moments = grounds.folder / f"moments-{secrets.token_hex(3)}"
    with platform(grounds) as made, ThreadPoolExecutor(1) as pool:
        start_all(made)
        grounds.sink.ask("forget")
        loading = pool.submit(hand_in, grounds, made, cases, rate=rate, connections=rate, moments=str(moments))
        until(lambda: grounds.sink.ask("count"), "the first letter")
        time.sleep(CALM)
        deaths = [_kill(made, LISTENERS[number % len(LISTENERS)], pause) for number in range(kills)]
        loading.result()
        settled = _settled(made, cases) - deaths[-1]
        came: dict[str, list[float]] = grounds.sink.ask("all")
        unknown = _check(made, cases, came)
        return _waited(moments, came, deaths, pause, Killed(cases, 0, [], settled, unknown))


def _kill(made: Platform, service: str, pause: float) -> float:
    began = time.monotonic()
    child = made.children.pop(service)
    child.popen.send_signal(signal.SIGKILL)
    child.popen.wait()
    made.start(service)
    time.sleep(pause)
    return began


def _settled(made: Platform, cases: int) -> float:
    until(lambda: count(made, "reporting", "facts") >= FACTS * cases, "all facts", 180, 0.1)
    moment = time.monotonic()
    until(lambda: all(count(made, service, "outbox") == 0 for service in SERVICES), "all outboxes to be empty", 60, 0.1)
    return moment


def _check(made: Platform, cases: int, came: dict[str, list[float]]) -> int:
    """Nothing lost and nothing twice, `Void` otherwise; gives the letters whose outcome nobody knows."""
    told = Counter(dict(asked(made, "reporting", "select json_extract(document, '$.topic'), count(*) from facts group by 1")))
    states = Counter(dict(asked(made, "notifications", "select json_extract(document, '$.state'), count(*) from messages group by 1")))
    wrong = {topic: told[topic] for topic in (told.keys() | TOLD) - {*UNCERTAIN} if told[topic] != TOLD.get(topic, 0) * cases}
    visits = count(made, "scheduling", "visits where json_extract(document, '$.stage') = 'confirmed'")
    lanes = {name: number for name in SERVICES if (number := count(made, name, "lanes"))}
    if wrong or visits != cases or lanes:
        raise Void(f"of {cases} cases there are {visits} visits, {wrong} facts and {lanes} parked lanes")
    if states["sent"] + states["unknown"] != LETTERS * cases or states["requested"] != cases or told["notification.sent"] != states["sent"]:
        raise Void(f"of {cases} cases there are messages {dict(states)} and {told['notification.sent']} said to be sent")
    letters, most = sum(map(len, came.values())), max(map(len, came.values()))
    if most > LETTERS or not states["sent"] <= letters <= states["sent"] + states["unknown"]:
        raise Void(f"{letters} letters came, {most} to one person, for messages {dict(states)}")
    return states["unknown"]


def _waited(moments: Path, came: dict[str, list[float]], deaths: list[float], pause: float, found: Killed) -> Killed:
    meant = orjson.loads(moments.read_bytes())
    waits = [(moment, came[one][-1] - moment) for one, moment in meant.items() if len(came.get(one, ())) == LETTERS]

    def longest(since: float, until: float) -> float:
        return max((wait for moment, wait in waits if since <= moment < until), default=0.0)

    calm = longest(0, deaths[0] - BEFORE)
    return found._replace(calm=calm, waits=[longest(death - BEFORE, death + pause - BEFORE) for death in deaths])
