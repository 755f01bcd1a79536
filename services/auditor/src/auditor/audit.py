"""The auditor: a look at the platform, judged by every check, and told."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from auditor.answers import Asked
from auditor.asking import Asking
from auditor.checks import judged
from auditor.telling import Outcome
from common.clock import Clock, SystemClock


@dataclass(frozen=True)
class Auditor:
    """Looks at one platform; the retry time is asked for at each look, since a policy can change."""

    asking: Asking
    clock: Clock
    retried: Callable[[], timedelta]
    grace: timedelta

    async def look(self) -> Outcome:
        """Ask everybody, and compare."""
        now, wall = self.clock.now(), SystemClock().now()
        answers = await self.asking.answers(now)
        verdicts = judged(Asked(answers, now, wall, self.grace, self.retried()))
        silent = list(dict.fromkeys(sentence for said in answers.silent.values() for sentence in said))
        return Outcome(verdicts, silent, answers.fold.records if answers.fold else 0)
