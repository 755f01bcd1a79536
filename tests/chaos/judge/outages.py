"""What a run was cut off from and when, what a witness saw of it, and what the services' own logs say."""

from typing import NamedTuple

from chaos.judge.run import SERVICES, Line, Run

CUT_OFF = ("cutoff_kafka", "cutoff_store", "cutoff_mail")
OVER = "cutoff_over"


class Outage(NamedTuple):
    """One service without one thing that it needs."""

    fault: str
    service: str
    begins: float
    ends: float

    def __str__(self) -> str:
        return f"{self.service} without {self.fault.removeprefix('cutoff_')} for {self.ends - self.begins:.0f} s"


def outages(run: Run) -> list[Outage]:
    """In their order; what concerns all services (MongoDB's wire) is an outage of each."""
    found: list[Outage] = []
    begun: dict[tuple[str, str], float] = {}
    for line in run.faults:
        if line["fault"] in CUT_OFF:
            begun[line["fault"], line["target"]] = line["at"]
        elif line["fault"] == OVER and (since := begun.pop((line["detail"], line["target"]), None)) is not None:
            services = (line["target"],) if line["target"] in SERVICES else SERVICES
            found += [Outage(line["detail"], service, since, line["at"]) for service in services]
    return found


def looks(run: Run, service: str, since: float, until: float) -> dict[str, list[Line]]:
    """What the witness saw of each replica of a service in a span of time."""
    found: dict[str, list[Line]] = {}
    for look in run.looks:
        if look["replica"].rpartition("-")[0] == service and since <= look["at"] <= until:
            found.setdefault(look["replica"], []).append(look)
    return found


def said(run: Run, replica: str, since: float, until: float) -> frozenset[str]:
    """The events of a replica's log lines in a span of time."""
    return frozenset(word for at, word in run.said(replica) if since <= at <= until)


def first_work(run: Run, outage: Outage) -> float:
    """When something came that a service could not do without what it was cut off from; infinity when nothing did."""
    if outage.fault == "cutoff_kafka":
        return outage.begins
    topics = ["notification.requested"] if outage.fault == "cutoff_mail" else run.about["topics"][outage.service]
    times = (one.timestamp / 1000 for topic in topics for one in run.events(topic))
    return min((at for at in times if outage.begins <= at <= outage.ends), default=float("inf"))
