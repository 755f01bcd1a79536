"""Counts what came of letters, and says once when the mail server lets nobody in, and once when it is back."""

from typing import Any

from common.metrics import Metrics
from notifications.domain import Delivery, Outcome

CHANNEL = "email"
NONE = "none"
AWAY = frozenset({"authentication", "connect_timeout", "timeout", "disconnected", "connect"})
"""Reasons that concern the server and no single letter."""


class Deliveries:
    """One gauge, one counter and one log line per change; none of them names anybody."""

    def __init__(self, metrics: Metrics, log: Any) -> None:
        self._counter, self._gauge = metrics.deliveries, metrics.provider.labels(CHANNEL)
        self._log = log
        self._away = False
        self._gauge.set(1)

    def came(self, delivery: Delivery) -> Delivery:
        """A letter has its outcome."""
        reason = delivery.reason_code or NONE
        self._counter.labels(CHANNEL, delivery.outcome.value, kind_of(reason)).inc()
        if reason in AWAY:
            self.away(reason)
        elif delivery.outcome is not Outcome.PUT_OFF:
            self.back()
        return delivery

    def away(self, reason: str) -> None:
        """Nobody is let in, or nobody is answered."""
        self._gauge.set(0)
        if not self._away:
            self._log.warning("mail server away", reason=reason)
        self._away = True

    def back(self) -> None:
        """A letter was answered."""
        self._gauge.set(1)
        if self._away:
            self._log.info("mail server back")
        self._away = False


def kind_of(reason: str) -> str:
    """A reason as a label: of SMTP's codes only the class, or there would be hundreds."""
    return f"smtp_{reason[5]}xx" if reason.startswith("smtp_") else reason
