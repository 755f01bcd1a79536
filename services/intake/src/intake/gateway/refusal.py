"""How the gateway says no: a status, one sentence, and every fault by its place; never what was sent."""

from collections.abc import Sequence

from starlette.responses import Response

from common.problems import problem

FAULTS_NAMED = 200
"""More faults than this are counted, not named."""


class Refused(Exception):
    """A request that is not taken; nothing of it is stored."""

    def __init__(
        self,
        status: int,
        reason: str,
        sentence: str,
        *,
        faults: Sequence[tuple[str, str]] = (),
        partner: str = "unknown",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(reason)
        self.status, self.reason, self.sentence = status, reason, sentence
        self.faults, self.partner, self.retry_after = tuple(faults), partner, retry_after

    def answer(self) -> Response:
        """As problem+json."""
        headers = {} if self.retry_after is None else {"Retry-After": str(max(1, round(self.retry_after + 0.5)))}
        return problem(self.status, self.sentence, self.faults[:FAULTS_NAMED], headers)
