"""How much may come, and how fast: bytes counted while they stream in, events by a bucket of tokens per partner."""

from collections.abc import Callable, Mapping
from time import monotonic

from starlette.requests import Request

from intake.domain.region import Partner, Rate
from intake.gateway.refusal import Refused


async def read_body(request: Request, most: int) -> bytes:
    """The body, never more than `most` bytes of it in memory."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and (len(announced) > 18 or int(announced) > most):  # noqa: PLR2004 - digits of any length there can be
        raise _too_large(most)
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise _too_large(most)
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _too_large(most: int) -> Refused:
    return Refused(413, "too_large", f"A request may have {most} bytes at most.")


class Bucket:
    """Fills by so many tokens a second up to a rim; may go into debt by one batch, which is paid before the next."""

    def __init__(self, rate: Rate, time: Callable[[], float]) -> None:
        self._rate, self._time = rate, time
        self._tokens, self._looked = float(rate.burst), time()

    def wait(self) -> float:
        """Seconds until a token is there; 0 when one is."""
        now = self._time()
        self._tokens = min(float(self._rate.burst), self._tokens + (now - self._looked) * self._rate.per_second)
        self._looked = now
        return max(0.0, (1 - self._tokens) / self._rate.per_second)

    def take(self, tokens: int) -> None:
        """Use tokens up."""
        self._tokens -= tokens


class Pace:
    """A bucket per partner, looked into before the signature is checked and emptied after: strangers cannot use up a partner's tokens."""

    def __init__(self, partners: Mapping[str, Partner], default: Rate, time: Callable[[], float] = monotonic) -> None:
        self._buckets = {partner.id: Bucket(partner.rate or default, time) for partner in partners.values()}

    def ask(self, partner: str) -> None:
        """Refuse a partner that is too fast."""
        bucket = self._buckets.get(partner)
        wait = 0.0 if bucket is None else bucket.wait()
        if wait > 0:
            raise Refused(429, "too_fast", "More events than agreed; please wait.", partner=partner, retry_after=wait)

    def take(self, partner: str, events: int) -> None:
        """Count events of a partner that has shown who it is."""
        self._buckets[partner].take(events)
