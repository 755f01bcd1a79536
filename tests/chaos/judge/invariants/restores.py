"""Stores that were put back to what they had been: noticed, recovered, and nothing done twice because of it."""

from chaos.judge.run import Line, Run
from chaos.judge.verdict import Checks, Wrong

OLDER = "is older than the log"


def a_store_from_before_is_refused(run: Run) -> Checks:
    """I20: the service ends with a sentence that says why, changes nothing, and is recovered by the page's own command."""
    for number, fault in enumerate(run.faults):
        if fault["fault"] == "restore":
            came = {line["fault"]: line for line in run.faults[number + 1 :] if line["target"] == fault["target"]}
            yield _wrong(fault, OLDER in (came.get("refused") or {}).get("detail", ""), "was not refused as older than the log")
            yield _wrong(fault, (came.get("recovered") or {}).get("detail", "").startswith("status 0"), "was not recovered")


def _wrong(fault: Line, right: bool, verb: str) -> Wrong | None:
    return None if right else Wrong(None, f"the store of {fault['target']} {verb}")
