"""What an invariant is, and what comes of it."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from chaos.judge.run import Run


class Wrong(NamedTuple):
    """One violation: the key of the lane concerned (a case, as a rule; None where it is no single one), and a sentence."""

    case: str | None
    sentence: str


Checks = Iterator[Wrong | None]
"""One item for each thing looked at: None when it is in order."""


class Invariant(NamedTuple):
    """A sentence that must hold, under the number it has in the project's list (I1 to I17)."""

    code: str
    name: str
    check: Callable[[Run], Checks] | None
    """None: what it is about does not exist here."""
    under: tuple[str, ...] = ()
    """The faults that it is about, by how their names begin; a run for which none of them was asked shows nothing of it."""

    def is_about(self, run: Run) -> bool:
        """Whether a run can show it; `fault` in a profile is that fault for every target."""
        asked = run.about.get("profile", ())
        return not self.under or any(word.startswith(one) or one.startswith(f"{word}:") for word in asked for one in self.under)


class Verdict(NamedTuple):
    """What was seen of one invariant."""

    code: str
    name: str
    checked: int | None
    """None: not here."""
    wrong: list[Wrong]

    @property
    def holds(self) -> bool:
        """A check that has seen nothing has shown nothing."""
        return self.checked is None or (self.checked > 0 and not self.wrong)


def judge(run: Run, invariant: Invariant) -> Verdict:
    """Look at everything that an invariant is about."""
    if invariant.check is None or not invariant.is_about(run):
        return Verdict(invariant.code, invariant.name, None, [])
    checked, wrong = 0, []
    for one in invariant.check(run):
        checked += 1
        if one is not None:
            wrong.append(one)
    return Verdict(invariant.code, invariant.name, checked, wrong)
