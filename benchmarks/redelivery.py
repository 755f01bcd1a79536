"""(j) Every event once more: the groups of all four services are set back to the beginning of the log."""

import time
from statistics import median
from typing import NamedTuple

from grounds import SERVICES, Grounds, Platform, Void, platform, say, until
from offsets import await_read, ends, heard_by, set_back
from outcome import Goal, Part
from profiles import Profile
from throughput import asked, backlog, count, start_all

CASES = {"tiny": 60, "quick": 600, "full": 4_000}
BY_THE_CLOCK = {"watches", "indicators"}  # reporting looks at its figures once a minute, whatever comes
Documents = dict[tuple[str, str, str], bytes]  # service, table, id


class Again(NamedTuple):
    """Deliveries to all services, first and again."""

    deliveries: int
    first: float
    """Seconds of the first delivery, with all that followed from it."""
    again: float
    """Seconds from the start of the processes until every offset was committed again."""
    changed: int
    documents: int

    @property
    def ratio(self) -> float:
        return self.first / self.again


def reading_again(grounds: Grounds, profile: Profile) -> Part:
    found = [_again(grounds, CASES[profile.name]) for _ in range(2 if profile.name == "full" else 1)]
    ratio, changed = median(one.ratio for one in found), sum(one.changed for one in found)
    rows = [
        ("deliveries to the four services", f"{found[0].deliveries:,}"),
        ("seconds, first / again (with the start of the processes)", " · ".join(f"{one.first:.1f} / {one.again:.1f}" for one in found)),
        ("deliveries per second, again", f"{median(one.deliveries / one.again for one in found):,.0f}"),
        ("documents held against each other", f"{found[0].documents:,}"),
    ]
    goals = [
        Goal("everything delivered again beside the first time", "≥ 1 ×", f"{ratio:.2f} ×", ratio >= 1),
        Goal("documents changed by it", "0", str(changed), changed == 0),
    ]
    return Part(rows, goals, {"runs": [one._asdict() for one in found]})


def _again(grounds: Grounds, cases: int) -> Again:
    with platform(grounds) as made:
        say(f"(j) {cases} cases, then every event again")
        start_all(made)
        first = backlog(grounds, made, cases)
        _await_quiet(made)
        log = {service: ends(made, heard_by(service)) for service in SERVICES}
        await_read(made, log, 60)
        made.stop()
        before, letters = _documents(made), grounds.sink.ask("count")
        for service in SERVICES:
            set_back(made, service)
        began = time.monotonic()
        start_all(made)
        await_read(made, log, 600)
        again = time.monotonic() - began
        _await_quiet(made)
        made.stop()
        if log != {service: ends(made, heard_by(service)) for service in SERVICES} or letters != grounds.sink.ask("count"):
            raise Void("a second delivery has told or sent something")
        after = _documents(made)
        changed = sum(before.get(key) != after.get(key) for key in before.keys() | after.keys())
        return Again(sum(map(sum, (offsets.values() for offsets in log.values()))), first.seconds, again, changed, len(before))


def _await_quiet(made: Platform) -> None:
    until(lambda: all(count(made, service, "outbox") == 0 for service in SERVICES), "all outboxes to be empty", 60, 0.1)


def _documents(made: Platform) -> Documents:
    found: Documents = {}
    for service in SERVICES:
        tables = {name for (name,) in asked(made, service, "select name from sqlite_master where type = 'table'")} - {"outbox"}
        for table in tables - BY_THE_CLOCK:
            found |= {(service, table, id_): document for id_, document in asked(made, service, f'select id, document from "{table}"')}
    return found
