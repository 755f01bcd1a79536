"""What a service says while it is cut off from Kafka, from its store or from the mail provider, and when that is over."""

from collections.abc import Callable
from typing import NamedTuple

from chaos.judge.outages import Outage, first_work, looks, outages, said
from chaos.judge.run import Line, Run
from chaos.judge.verdict import Checks, Wrong

SHOWS, PASSES = 20.0, 30.0
"""Seconds from the beginning of an outage until it must show, and from its end until that must have passed."""
FINE, UNREADY, SILENT = 200, 503, 0
ENDS = frozenset({"sigkill", "sigstop", "restart", "rolling_restart", "power_cut", "restore"})
AROUND = 60.0
"""Seconds after a process was ended or stopped in which it may be silent."""
IN_A_ROW = 5
"""Looks without an answer after which a probe would have had its process restarted, on a machine of which the rig takes everything."""


class Sign(NamedTuple):
    """Where an outage shows: what a look sees of a gauge or an answer, or the line in the log when it comes and when it is over."""

    name: str
    seen: Callable[[Line], bool] | None = None
    over: Callable[[Line], bool] | None = None
    lines: tuple[str, str] = ("", "")
    each: bool = True
    """On each replica, or on any: work comes to one of them."""
    waits: bool = False
    """Shows only when there is work that cannot be done."""


CONNECTED = Sign("gauge loket_kafka_connected", lambda look: look["connected"] == 0, lambda look: look["connected"] == 1)
FETCHED = Sign(
    "gauge loket_kafka_fetch_age_seconds", lambda look: (look["fetch_age"] or 0) > 10, lambda look: (look["fetch_age"] or 99) < 10
)
LAG = Sign("gauge loket_lag_records", lambda look: look["lags"] == look["lags_unknown"] > 0, lambda look: look["lags_unknown"] == 0)
LOST = Sign("log line of Kafka", lines=("kafka lost", "kafka back"))
READY = Sign("answer of /health/ready", lambda look: look["ready"] == UNREADY, lambda look: look["ready"] == FINE)
SAID_READY = Sign("log line of readiness", lines=("not ready", "ready"))
COMPLETE = Sign(
    "answer of reporting", lambda look: look["complete"] is False and look["behind"] is None, lambda look: look["behind"] is not None
)
PAUSED = Sign("gauge loket_consumer_paused", lambda look: look["paused"] == 1, lambda look: look["paused"] == 0, each=False, waits=True)
PROVIDER = Sign(
    "gauge loket_provider_connected", lambda look: look["provider"] == 0, lambda look: look["provider"] == 1, each=False, waits=True
)
MAIL_SERVER = Sign("log line of the mail server", lines=("mail server away", "mail server back"), each=False, waits=True)
STORE = Sign("gauge loket_store_connected", lambda look: look["store"] == 0, lambda look: look["store"] == 1)
STORE_PAUSED = Sign("log line of a pause", lines=("paused", ""), each=False, waits=True)


def signs_of(outage: Outage) -> tuple[Sign, ...]:
    """Intake takes cases safely without Kafka, and letters wait safely without a provider: there readiness must not change."""
    if outage.fault == "cutoff_mail":
        return PROVIDER, MAIL_SERVER
    if outage.fault == "cutoff_store":
        return STORE, READY, SAID_READY, PAUSED, STORE_PAUSED
    kafka = (CONNECTED, FETCHED, LAG, LOST)
    more = {"intake": (), "reporting": (READY, SAID_READY, COMPLETE)}.get(outage.service, (READY, SAID_READY))
    return kafka + more


def outages_show(run: Run) -> Checks:
    """I18: within 20 s, on the gauge, in the log and in the answer that an outage is about; one that had no work to hold up may not."""
    for outage in outages(run):
        for sign in signs_of(outage):
            since = first_work(run, outage) if sign.waits else outage.begins
            if since + SHOWS <= outage.ends:
                yield from _missing(outage, sign, _seen(run, outage, sign), "did not show")


def outages_pass(run: Run) -> Checks:
    """I18: within 30 s of its end, everywhere where it had shown; who has had no work since does not know."""
    for outage in outages(run):
        for sign in signs_of(outage):
            shown = {replica: seen for replica, seen in _seen(run, outage, sign).items() if seen}
            over = _over(run, outage, sign)
            yield from _missing(outage, sign, {replica: over.get(replica, False) for replica in shown}, "still showed")


def _missing(outage: Outage, sign: Sign, found: dict[str, bool], verb: str) -> Checks:
    if not sign.each:
        found = {"any replica": any(found.values())} if found else {}
    for replica, seen in found.items():
        yield None if seen else Wrong(None, f"{outage}: the {sign.name} of {replica} {verb} in time")


def _seen(run: Run, outage: Outage, sign: Sign) -> dict[str, bool]:
    there = looks(run, outage.service, outage.begins, outage.ends)
    if sign.seen is None:
        return {replica: sign.lines[0] in said(run, replica, outage.begins, outage.ends) for replica in there}
    return {replica: any(map(sign.seen, seen)) for replica, seen in there.items()}


def _over(run: Run, outage: Outage, sign: Sign) -> dict[str, bool]:
    """A later outage of the same service may have begun by then: it counts from there."""
    until = outage.ends + PASSES
    there = looks(run, outage.service, outage.ends, until)
    if sign.over is None:
        return {replica: not sign.lines[1] or sign.lines[1] in said(run, replica, outage.begins, until) for replica in there}
    return {replica: any(map(sign.over, seen)) for replica, seen in there.items()}


def nobody_is_restarted(run: Run) -> Checks:
    """I18: what is outside cannot be mended by a restart, so that liveness answers all the time."""
    silent: dict[str, int] = {}
    ended = _ended(run)
    for look in run.looks:
        replica, status = look["replica"], look["live"]
        excused = any(target in {replica, "all"} and at <= look["at"] <= at + AROUND for target, at in ended)
        silent[replica] = silent.get(replica, 0) + 1 if status == SILENT and not excused else 0
        if status not in {FINE, SILENT} or silent[replica] == IN_A_ROW:
            yield Wrong(None, f"/health/live of {replica} answered {status or 'nothing'} at {look['at']:.0f}")
        else:
            yield None


def _ended(run: Run) -> list[tuple[str, float]]:
    return [(fault["target"], fault["at"]) for fault in run.faults if fault["fault"] in ENDS]


def intake_stays_ready(run: Run) -> Checks:
    """I18: it takes cases safely while Kafka alone is away, so that partners need not wait."""
    for outage in outages(run):
        if outage.fault == "cutoff_kafka" and outage.service == "intake":
            for replica, seen in looks(run, "intake", outage.begins, outage.ends).items():
                yield from _always_ready(outage, replica, seen)


def _always_ready(outage: Outage, replica: str, seen: list[Line]) -> Checks:
    for look in seen:
        yield Wrong(None, f"{outage}: {replica} was not ready") if look["ready"] == UNREADY else None
