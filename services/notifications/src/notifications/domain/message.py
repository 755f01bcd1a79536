"""A message to one party: claimed before it is handed over, so that it is never sent twice."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Self
from uuid import UUID

from common.aggregate import Aggregate
from common.events.base import Code, Language
from common.events.notification import NotificationFailed, NotificationRequested, NotificationSent, NotificationSuppressed
from notifications.domain.facts import Facts, Lost
from notifications.domain.order import Order, Template, expiry
from notifications.domain.policy import Policy
from notifications.domain.steps import Decision, HandOver, Outcome, RecordOutcome, SendMessage, SettleUnknown


class State(StrEnum):
    """Where a message is on its way."""

    REQUESTED = "requested"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    UNKNOWN = "unknown"


class Message(Aggregate):
    """One message to one party, from request to outcome; its words are made when it is handed over and kept nowhere."""

    collection: ClassVar[str] = "messages"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("case_id", "requested_at"), ("state", "requested_at"))

    case_id: UUID
    party_id: UUID
    template: Template
    language: Language
    locale: Language
    facts: Facts
    requested_at: datetime
    not_before: datetime
    expires_at: datetime
    state: State = State.REQUESTED
    attempt: int = 0
    put_off: int = 0
    """How many attempts ended before anything was tried."""
    waits: int = 0
    settled_at: datetime | None = None
    reason_code: Code | None = None
    decision: Decision | None = None
    """Why staff had it sent again or counted it as sent."""
    template_version: Code | None = None

    @classmethod
    def requested(cls, order: Order, locale: Language, policy: Policy, now: datetime) -> Self:
        """A message from its order; it expires when it stops being worth reading."""
        not_before = order.not_before or now
        message = cls(
            locale=locale,
            requested_at=now,
            expires_at=expiry(order, not_before, policy),
            **{**order.model_dump(exclude={"facts", "not_before"}), "not_before": not_before, "facts": order.facts},
        )
        return message.tell(
            NotificationRequested(
                occurred_at=now,
                case_id=order.case_id,
                message_id=order.id,
                template_key=order.template,
                channel="email",
                party_id=order.party_id,
                locale=locale,
                not_before=not_before,
                expires_at=message.expires_at,
            )
        )

    def recall(self, facts: Facts) -> Self | None:
        """Know again what it is about, where that was lost."""
        if not isinstance(self.facts, Lost):
            return None
        self.facts = facts
        return self

    def send_at(self, moment: datetime) -> Self:
        """Look at it again at a moment."""
        return self.at(moment, SendMessage(message_id=self.id))

    def await_contact(self, policy: Policy, now: datetime) -> Self:
        """Nobody has told yet where the party reads its mail; wait, and in the end give up."""
        if now >= self.expires_at:
            return self.fail("no_contact", now)
        self.waits += 1
        return self.send_at(min(now + policy.contact_wait(self.waits - 1), self.expires_at))

    def claim(self, policy: Policy, now: datetime) -> Self:
        """Write down that it is being sent before anybody sends it; without an outcome in time it stays unknown."""
        self.state, self.attempt, self.waits, self.reason_code = State.SENDING, self.attempt + 1, 0, None
        self.once(HandOver(message_id=self.id, attempt=self.attempt))
        return self.forget(SendMessage).at(now + policy.lease, SettleUnknown(message_id=self.id, attempt=self.attempt))

    def hold_back(self, policy: Policy, now: datetime) -> Self:
        """The provider lets nobody in: it is not claimed, so that nothing lies in memory for it, and is looked at again."""
        self.reason_code = "provider_away"
        return self.send_at(min(now + policy.provider_pause, self.expires_at))

    def wait_for_outcome(self, policy: Policy, now: datetime) -> Self:
        """From now on an outcome is due: it may have lain in the outbox until a moment ago."""
        return self.at(now + policy.lease, SettleUnknown(message_id=self.id, attempt=self.attempt, taken=True))

    def is_claimed_for(self, attempt: int) -> bool:
        """Whether this attempt still has the right to hand it over."""
        return self.state is State.SENDING and self.attempt == attempt

    def awaits(self, attempt: int) -> bool:
        """Whether the outcome of this attempt is still to be recorded; an unknown one may yet become known."""
        return self.state in {State.SENDING, State.UNKNOWN} and self.attempt == attempt

    def record(self, step: RecordOutcome, policy: Policy, now: datetime) -> Self:
        """Write down what came of an attempt."""
        self.forget(SettleUnknown)
        reason = step.reason_code or step.outcome.value
        match step.outcome:
            case Outcome.SENT:
                return self._sent(step, now)
            case Outcome.RETRY_LATER | Outcome.PUT_OFF:
                return (self._retry if step.outcome is Outcome.RETRY_LATER else self._put_off)(reason, policy, now)
            case Outcome.SUPPRESSED:
                return self.suppress(reason, now)
            case Outcome.UNKNOWN:
                return self.lose_track(reason, policy, now)
            case Outcome.FAILED:
                return self.fail(reason, now)

    def mark_sent(self, decision: Decision, now: datetime) -> Self:
        """Staff know that it has arrived, though nobody has written down in which version; the current locale stands."""
        self.forget(SettleUnknown).decision = decision
        version = self.template_version or "unknown"
        outcome = RecordOutcome(
            message_id=self.id, attempt=self.attempt, outcome=Outcome.SENT, locale=self.locale, template_version=version
        )
        return self._sent(outcome, now)

    def suppress(self, reason_code: Code, now: datetime) -> Self:
        """It is not needed any more."""
        self.forget(SendMessage)
        self._settle(State.SUPPRESSED, reason_code, now)
        return self.tell(
            NotificationSuppressed(
                occurred_at=now,
                case_id=self.case_id,
                message_id=self.id,
                template_key=self.template,
                channel="email",
                reason_code=reason_code,
            )
        )

    def fail(self, reason_code: Code, now: datetime) -> Self:
        """It was not sent, and will not be."""
        self._settle(State.FAILED, reason_code, now)
        return self._tell_failure("failed", reason_code, now)

    def lose_track(self, reason_code: Code, policy: Policy, now: datetime) -> Self:
        """It may have been sent, or not: said once, and left to people; a provider that drops repetitions is simply asked again."""
        if policy.provider_deduplicates and self.state is State.SENDING:
            return self._retry(reason_code, policy, now)
        if self.state is State.UNKNOWN:
            return self
        self._settle(State.UNKNOWN, reason_code, now)
        return self._tell_failure("unknown", reason_code, now)

    def _sent(self, step: RecordOutcome, now: datetime) -> Self:
        self._settle(State.SENT, None, now)
        self.locale = step.locale or self.locale
        preferred = step.preferred_locale or self.language
        self.template_version = step.template_version
        return self.tell(
            NotificationSent(
                occurred_at=now,
                case_id=self.case_id,
                message_id=self.id,
                template_key=self.template,
                channel="email",
                template_version=step.template_version or "1",
                locale=self.locale,
                preferred_locale=preferred,
                locale_fallback=self.locale != preferred,
                attempt=self.attempt,
            )
        )

    def _put_off(self, reason_code: Code, policy: Policy, now: datetime) -> Self:
        """No try was made, so none counts; a letter whose time has passed meanwhile is dropped when it is looked at again."""
        self.put_off += 1
        self.state, self.settled_at, self.reason_code = State.REQUESTED, None, reason_code
        return self.send_at(min(now + policy.provider_pause, self.expires_at))

    def _retry(self, reason_code: Code, policy: Policy, now: datetime) -> Self:
        pause = policy.retry_after(self.attempt - self.put_off)
        if pause is None or now + pause >= self.expires_at:
            return self.fail(reason_code, now)
        self.state, self.settled_at, self.reason_code = State.REQUESTED, None, reason_code
        return self.send_at(now + pause)

    def _settle(self, state: State, reason_code: Code | None, now: datetime) -> None:
        self.state, self.reason_code, self.settled_at = state, reason_code, now

    def _tell_failure(self, outcome: str, reason_code: Code, now: datetime) -> Self:
        return self.tell(
            NotificationFailed.model_validate(
                {
                    "occurred_at": now,
                    "case_id": self.case_id,
                    "message_id": self.id,
                    "template_key": self.template,
                    "channel": "email",
                    "outcome": outcome,
                    "reason_code": reason_code,
                    "attempt": self.attempt,
                }
            )
        )
