"""Brings letters that are older than the log up to date, so that none goes out a second time.

What was told of a letter says whether it was sent, not what it was about: such a letter is kept as what became of it, and nothing more.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from common.clock import Clock
from common.cloudevents import Received
from common.events.base import Event
from common.events.notification import NotificationFailed, NotificationRequested, NotificationSent, NotificationSuppressed
from common.restoring import rewrite
from common.store.port import Store
from notifications.domain import Lost, Message, SendMessage, SettleUnknown, State, Template

HEARD: tuple[type[Event], ...] = (NotificationRequested, NotificationSent, NotificationFailed, NotificationSuppressed)
OPEN = frozenset({State.REQUESTED, State.SENDING})


class RestoringLetters:
    """Hears everything that was told of letters."""

    def __init__(self) -> None:
        self.topics: Sequence[str] = [event.topic for event in HEARD]
        self._requested: dict[UUID, NotificationRequested] = {}
        self._outcomes: dict[UUID, tuple[State, str | None, datetime]] = {}
        self._newest: datetime | None = None

    def hear(self, received: Received) -> None:
        """Take note of one event."""
        event = received.event
        match event:
            case NotificationRequested():
                self._requested[event.message_id] = event
            case NotificationSent():
                self._outcomes[event.message_id] = (State.SENT, None, event.occurred_at)
            case NotificationFailed() if self._outcomes.get(event.message_id, (None,))[0] is not State.SENT:
                self._outcomes[event.message_id] = (State(event.outcome), event.reason_code, event.occurred_at)
            case NotificationSuppressed():
                self._outcomes.setdefault(event.message_id, (State.SUPPRESSED, event.reason_code, event.occurred_at))
        if isinstance(event, HEARD):
            self._newest = max(event.occurred_at, self._newest or event.occurred_at)

    async def restore(self, store: Store, clock: Clock) -> list[str]:  # noqa: ARG002 - others date what they restore
        """Close what was settled after the store was backed up; what was about to be sent then is left to people."""
        settled, doubtful = 0, 0
        for id_, requested in self._requested.items():
            letter = await store.get(Message, id_)
            outcome = self._outcomes.get(id_) or self._in_doubt(requested, letter)
            if outcome is None or (letter is not None and letter.state not in OPEN):
                continue
            settled, doubtful = settled + (id_ in self._outcomes), doubtful + (id_ not in self._outcomes)
            await _close(store, letter or _kept_of(requested), *outcome)
        return [
            f"{settled} letters that were settled since the store was backed up are not sent again.",
            f"{doubtful} letters were on their way when the store was lost: nobody can say whether they arrived (`loket letters unknown`).",
            "Contacts and visits are read again from the log.",
        ]

    def _in_doubt(self, requested: NotificationRequested, letter: Message | None) -> tuple[State, str | None, datetime] | None:
        """Without an outcome, a letter that was due before the last word of the log may have been handed over."""
        due = requested.not_before if letter is None else max(requested.not_before, letter.not_before)
        if self._newest is None or due > self._newest:
            return None
        return State.UNKNOWN, "recovered", self._newest


def _kept_of(requested: NotificationRequested) -> Message:
    return Message(
        id=requested.message_id,
        case_id=requested.case_id,
        party_id=requested.party_id,
        template=Template(requested.template_key),
        language=requested.locale,
        locale=requested.locale,
        facts=Lost(),
        requested_at=requested.occurred_at,
        not_before=requested.not_before,
        expires_at=requested.expires_at,
    )


async def _close(store: Store, letter: Message, state: State, reason_code: str | None, at: datetime) -> None:
    letter.forget(SendMessage).forget(SettleUnknown)
    letter.state, letter.reason_code, letter.settled_at = state, reason_code, at
    await rewrite(store, letter)
