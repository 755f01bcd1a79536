"""Makes the story of a failing seed short: as few faults as will do, and the lines of the cases in which something is wrong."""

from collections.abc import Callable, Sequence

from simulation.history import Line
from simulation.run import Outcome, play

MOST_RUNS = 120
LINES = 60


def shrink(seed: int, first: Outcome, *, again: Callable[[int, frozenset[str]], Outcome] = play) -> tuple[frozenset[str], Outcome]:
    """The faults that can be left out while the same thing is still broken, and the run without them."""
    without, best, size = frozenset[str](), first, len(first.faults)
    runs = 0
    while size >= 1 and runs < MOST_RUNS:
        found = False
        for faults in _parts(best.faults, size):
            if runs >= MOST_RUNS:
                break
            runs += 1
            tried = again(seed, without | faults)
            if tried.broken == first.broken:
                without, best, found = without | faults, tried, True
                break
        if not found:
            size //= 2
        size = min(size, len(best.faults))
    return without, best


def story(outcome: Outcome) -> list[str]:
    """What is wrong, what was left of the faults, and the end of what happened to the cases concerned."""
    lines = _lines(outcome)
    cut = [f"  … {len(lines) - LINES} lines before"] if len(lines) > LINES else []
    return [
        f"seed {outcome.seed} breaks: {outcome.broken}",
        *(f"  {about or 'the platform'}: {what}" for about, what in outcome.wrong[:10]),
        f"  {len(outcome.faults)} faults are enough: {', '.join(outcome.faults[:20]) or 'none at all'}",
        *cut,
        *(f"  {line}" for line in lines[-LINES:]),
    ]


def _lines(outcome: Outcome) -> Sequence[Line]:
    abouts = {about for about, _ in outcome.wrong if about is not None}
    return [line for line in outcome.history.lines if line.about is None or any(about in f"{line.about} {line.what}" for about in abouts)]


def _parts(faults: Sequence[str], size: int) -> list[frozenset[str]]:
    return [frozenset(faults[start : start + size]) for start in range(0, len(faults), size)]
