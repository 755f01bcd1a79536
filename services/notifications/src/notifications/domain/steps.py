"""What messages leave for later: none of it holds an address, a name or a word of the message."""

from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from common.events.base import Code, Language, Message, Step


class Outcome(StrEnum):
    """What came of handing a message to its provider."""

    SENT = "sent"
    RETRY_LATER = "retry_later"  # known not sent, and worth another attempt
    FAILED = "failed"  # known not sent, and it never will be
    SUPPRESSED = "suppressed"  # not needed any more
    PUT_OFF = "put_off"  # nothing was tried: the provider has let nobody in for a while
    UNKNOWN = "unknown"  # it may have been sent: never sent again by itself


class Delivery(NamedTuple):
    """What a provider made of a message; the reason is a code, never the provider's words."""

    outcome: Outcome
    reason_code: str | None = None


class SendMessage(Step):
    """Send a message now, if it may go and is still wanted."""

    message_id: UUID


class WithdrawMessage(Step):
    """A message that has not been sent is not wanted any more."""

    message_id: UUID
    reason_code: Code


class HandOver(Step):
    """Hand a claimed message to the provider: at most once."""

    message_id: UUID
    attempt: int


class SettleUnknown(Step):
    """An attempt has left no outcome in time: since it was claimed, or since it is known to be `taken` out of the outbox."""

    message_id: UUID
    attempt: int
    taken: bool = False


class RecordOutcome(Step):
    """What came of an attempt, and how it was worded."""

    message_id: UUID
    attempt: int
    outcome: Outcome
    reason_code: Code | None = None
    locale: Language | None = None
    preferred_locale: Language | None = None
    template_version: Code | None = None


class Decision(StrEnum):
    """Why staff settle a message of which nobody knows whether it left; a closed list, and no room for words."""

    PROVIDER_HAS_IT = "provider_has_it"
    PROVIDER_HAS_IT_NOT = "provider_has_it_not"
    RECIPIENT_HAS_IT = "recipient_has_it"
    RECIPIENT_HAS_IT_NOT = "recipient_has_it_not"
    TWICE_IS_HARMLESS = "twice_is_harmless"


class SendAgain(Message):
    """Staff decide that a message of which nobody knows the outcome, or that failed, goes once more."""

    message_id: UUID
    reason_code: Decision | None = None


class MarkSent(Message):
    """Staff know that a message of which nothing was known has arrived."""

    message_id: UUID
    reason_code: Decision
