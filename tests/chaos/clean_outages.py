"""Outages that showed as they must, and a partner who alone was asked to wait: what a witness and the logs say of them in a clean run."""

from typing import Any

from chaos.judge.derived import case_of, lane_of
from chaos.judge.run import HOSTILE
from chaos.run_folder import BEGAN, RunFolder, Source, moment

LASTS = 25.0
SHOWN_AFTER = 11.0
OUTAGES = (
    ("cutoff_mail", "notifications", BEGAN),
    ("cutoff_store", "reporting", BEGAN),
    ("cutoff_kafka", "reporting", BEGAN + 60),
    ("cutoff_kafka", "intake", BEGAN + 60),
)
WELL: dict[str, Any] = {
    "live": 200,
    "ready": 200,
    "connected": 1.0,
    "fetch_age": 0.2,
    "store": 1.0,
    "paused": 0.0,
    "provider": None,
    "breaker": 0.0,
    "parked": 0.0,
    "lags": 3,
    "lags_unknown": 0,
    "complete": True,
    "behind": 0,
}
CUT_OFF: dict[str, dict[str, Any]] = {
    "cutoff_kafka": {"ready": 503, "connected": 0.0, "fetch_age": 12.0, "lags_unknown": 3, "complete": False, "behind": None},
    "cutoff_store": {"ready": 503, "store": 0.0, "paused": 1.0},
    "cutoff_mail": {"provider": 0.0},
}
SAID = {
    "cutoff_kafka": (("kafka lost", "not ready"), ("kafka back", "ready")),
    "cutoff_store": (("paused", "not ready"), ("ready",)),
    "cutoff_mail": (("mail server away",), ("mail server back",)),
}
OTHER = "partner"


def cut_off(run: RunFolder) -> None:
    """Each outage lasts 25 s, shows after eleven, and is over when it is over."""
    for fault, service, begins in OUTAGES:
        run.ledgers["faults"].append({"at": begins, "fault": fault, "target": service})
        run.ledgers["faults"].append({"at": begins + LASTS, "fault": "cutoff_over", "target": service, "detail": fault})
        for second in range(35):
            run.ledgers["looks"].append(look(fault, service, begins, second))
        for at, words in zip((begins + SHOWN_AFTER, begins + LASTS + 1), SAID[fault], strict=True):
            run.output.setdefault(f"{service}-1.log", "")
            run.output[f"{service}-1.log"] += "".join(f'{{"event": "{word}", "timestamp": "{moment(at)}"}}\n' for word in words)


def look(fault: str, service: str, begins: float, second: int) -> dict[str, Any]:
    """Intake stays ready while Kafka is away."""
    line = {"at": begins + second, "replica": f"{service}-1", **WELL}
    line |= {"provider": 1.0} if service == "notifications" else {}
    shows = SHOWN_AFTER <= second < LASTS
    return line | (CUT_OFF[fault] if shows else {}) | ({"ready": 200} if service == "intake" else {})


def played_hostile(run: RunFolder) -> None:
    """Two dozen of his cases are parked, then he is asked to wait; others are not."""
    run.now += 200
    for number in range(24):
        hand_in(run, f"bad-{number}", "unknown", None)
        case = case_of(HOSTILE, "source", f"bad-{number}")
        run.keep("intake", "lanes", lane_of(f"cases/{case}"), name=f"cases/{case}", kind="steps", state="open", records=[])
        said = {"lane": f"cases/{case}", "sourceTopic": "ScreenCase", "partition": -1, "offset": 1, "error": "OverflowError"}
        run.tell(Source("intake", "lanes", lane_of(f"cases/{case}"), f"cases/{case}"), "intake.parked", **said, record="")
    run.now += 20
    hand_in(run, "late", "refused", 429)
    hand_in(run, "elsewhere", "refused", 400, partner=OTHER)


def put_back(run: RunFolder) -> None:
    """The store of reporting is put back, refused and recovered; nothing was told in between."""
    refused = "status 1: The store of reporting is older than the log: its group has read 7 records that the store knows nothing of."
    for fault, detail in (("backup", None), ("restore", None), ("refused", refused), ("recovered", "status 0: 7 records are read again")):
        run.ledgers["faults"].append({"at": run.at(), "fault": fault, "target": "reporting", "detail": detail})


def hand_in(run: RunFolder, name: str, phase: str, status: int | None, partner: str = HOSTILE) -> None:
    """A call and its answer."""
    run.call("submit", phase, status, partner=partner, source="source", event_id=name, fingerprint="1" * 64, intent="hostile")
