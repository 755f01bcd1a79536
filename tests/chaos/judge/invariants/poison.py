"""What was put straight into the log, against what services have parked or put in quarantine."""

from collections import Counter

from chaos.judge.logged import Place
from chaos.judge.run import SERVICES, Run
from chaos.judge.verdict import Checks, Wrong

QUARANTINE = "quarantine/"


def poison_is_kept_once(run: Run) -> Checks:
    """I12: one entry in each service that is to hear it, none in others: an event that says so, or a record that waits in a lane."""
    kept = {service: _kept(run, service) for service in SERVICES}
    for place, line in run.poison.items():
        hears = run.hears(line)
        for service in SERVICES:
            entries = kept[service][place]
            right = entries == (1 if service in hears else 0)
            yield None if right else Wrong(line.get("key"), f"{service} keeps the {line['kind']} of {place} {entries} times")


def nothing_else_is_kept(run: Run) -> Checks:
    """I12: a fault of store, broker or provider parks nobody; a bug parks those who meet it, until it is mended."""
    for service in SERVICES:
        yield None
        for one in run.events(f"{service}.parked"):
            said = one.data
            place = (said["sourceTopic"], said["partition"], said["offset"])
            yield (
                None
                if place in run.poison or said["lane"].rpartition("/")[2] in run.hostile
                else Wrong(said["lane"], f"{service} has parked {said['lane']} at {place}, in which nothing was wrong ({said['error']})")
            )
    for service, lane in run.lanes:
        if lane["state"] == "parked":
            first = _place(lane["records"][0]) if lane["records"] else None
            yield (
                None
                if first in run.poison
                else Wrong(lane["name"].rpartition("/")[2], f"{service} holds the lane {lane['name']} ({lane['error']})")
            )


def _kept(run: Run, service: str) -> Counter[Place]:
    """Each parking is told once, and what came behind a parked record waits in its lane."""
    kept: Counter[Place] = Counter()
    for one in run.events(f"{service}.parked"):
        said = one.data
        kept[said["sourceTopic"], said["partition"], said["offset"]] += 1
    waiting = [_place(record) for owner, lane in run.lanes if owner == service for record in lane["records"]]
    for place, times in Counter(waiting).items():
        kept[place] = max(kept[place], times)
    return kept


def _place(record: dict[str, object]) -> Place:
    return str(record["topic"]), int(str(record["partition"])), int(str(record["offset"]))
