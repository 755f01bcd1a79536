"""How much a run was: what was handed in, what came of it, and what was done to the platform meanwhile."""

from collections import Counter
from collections.abc import Iterable

from chaos.judge.run import Run

UNDONE = {
    "start",
    "sigcont",
    "disk_freed",
    "broker_start",
    "cutoff_over",
    "power_back",
    "restore_over",
    "backup",
    "refused",
    "not_refused",
    "recovered",
}  # the other half of a fault


def extent(run: Run) -> str:
    """A line each: submissions, events, letters, faults."""
    submits = sum(call["kind"] == "submit" for call in run.calls)
    others, outcomes = len(run.calls) - submits, _counted(call["outcome"] for call in run.calls)
    return "\n".join(
        [
            f"submissions: {len(run.submissions):,} different ones in {submits:,} calls, beside {others:,} others; {outcomes}",
            f"events in the log: {len(run.log.told):,}, of which {len(run.log.first):,} different",
            f"letters handed to the mail provider: {len(run.mail):,}; {_counted(line['act'] for line in run.mail)}",
            f"faults: {_counted(line['fault'] for line in run.faults if line['fault'] not in UNDONE)}",
        ]
    )


def _counted(words: Iterable[str]) -> str:
    return ", ".join(f"{count:,} {word}" for word, count in Counter(words).most_common()) or "none"
