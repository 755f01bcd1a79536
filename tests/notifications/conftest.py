"""A stage for notifications with a fake mailer, and the events that the tests speak of."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from common.events.base import Event
from common.events.case import CaseClosed, CaseCreated, CaseInformationRequested, CaseReferred
from common.events.party import PartyContactChanged
from common.events.visit import VisitCancelled, VisitConfirmed, VisitItem
from common.ids import derived
from common.store.port import Collection
from common.testing.memory import MemoryStore
from common.testing.stage import Stage, StoppedClock
from notifications.app import ACTS, COMMANDS, STEPS, SUBSCRIBES
from notifications.domain import Contact, Delivery, Message, Outcome, SendAgain, State, Template, VisitMessages
from notifications.ports import Letter, Ports
from notifications.store import StoredMessages
from notifications.wording import Region, RegionWording

PACK = Path(__file__).parents[2] / "regions" / "south-limburg" / "notifications"
NOON = datetime(2026, 11, 16, 11, 0, tzinfo=UTC)
VISIT_DAY = date(2026, 11, 24)
SENT = Delivery(Outcome.SENT)


class Crashed(Exception):
    """The process is gone in the middle of a handing over."""


class FakeMailer:
    """Keeps the letters; answers as it is told, else that they were sent. Its own connection, of which there are as many as wanted."""

    def __init__(self) -> None:
        self.away: str | None = None
        self.letters: list[Letter] = []
        self.answers: list[Delivery | Crashed] = []
        self.before: Callable[[Letter], None] = lambda _letter: None

    @asynccontextmanager
    async def held(self) -> AsyncIterator["FakeMailer"]:
        yield self

    def stands_still(self) -> bool:
        return self.away is not None

    async def send(self, letter: Letter) -> Delivery:
        self.before(letter)
        self.letters.append(letter)
        answer = self.answers.pop(0) if self.answers else SENT
        if isinstance(answer, Crashed):
            raise answer
        return answer


class Scene:
    """Everything a test needs to let things happen and to look at what came of it."""

    pack = PACK

    def __init__(self, region: Region) -> None:
        self.region, self.clock, self.store, self.mailer = region, StoppedClock(NOON), MemoryStore(), FakeMailer()
        self.wording = RegionWording(region, "desk@loket.example.org")
        self.messages = StoredMessages(self.store)
        self.visits = Collection(self.store, VisitMessages)
        self.ports = Ports(
            contacts=Collection(self.store, Contact),
            messages=self.messages,
            visits=self.visits,
            wording=self.wording,
            mailer=self.mailer,
            policy=region.policy,
            clock=self.clock,
        )
        self.stage = Stage(self.ports, self.store, self.clock, SUBSCRIBES, STEPS, ACTS)
        self.party, self.case, self.visit = derived("a party"), derived("a case"), derived("a visit")

    async def hear(self, *events: Event) -> None:
        await self.stage.hear(*events)

    async def wait(self, **time: float) -> None:
        await self.stage.wait(timedelta(**time))

    async def outlast_leases(self) -> None:
        """The first ends behind the handing over, from when on an outcome is due; the second without one."""
        for _ in range(2):
            await self.wait(minutes=2)

    async def wait_until(self, moment: datetime) -> None:
        await self.stage.wait(moment - self.clock.now())

    async def send_again(self, message_id: UUID) -> None:
        await self.stage.ask(COMMANDS[0], SendAgain(message_id=message_id))

    async def message(self, template: Template) -> Message:
        """The only message with a template."""
        (found,) = [one for one in await self.all() if one.template is template]
        return found

    async def all(self) -> list[Message]:
        return sorted(await self.store.find(Message, {}), key=lambda one: one.requested_at)

    def claimed(self, template: Template) -> bool:
        """Whether a message lies claimed in the store."""
        rows = [row[1] for (collection, _), row in self.store._documents.items() if collection == "messages"]
        return any(message.template is template and message.state is State.SENDING for message in map(Message.model_validate_json, rows))

    def sent(self) -> list[Template]:
        """What has left, in order."""
        return [event.template_key for event in self.told("sent")]

    def told(self, kind: str) -> list:
        return [event for event in self.stage.told if event.topic == f"notification.{kind}"]

    async def let_crash(self, *events: Event) -> None:
        """Hear events while the process dies in the mailer; what was taken out stays taken out, as the relay does it."""
        self.mailer.answers.append(Crashed())
        with pytest.raises(Crashed):
            await self.hear(*events)
        for (collection, id_), entries in list(self.store.outbox.items()):
            for entry in entries:
                await self.store.told(collection, id_, entry.position)

    def contact(self, **changes: object) -> PartyContactChanged:
        return PartyContactChanged(
            **{
                "occurred_at": NOON,
                "party_id": self.party,
                "name": "A. Example",
                "email": "a.example@example.org",
                "language": "nl",
                "revision": 1,
                **changes,
            }
        )

    def created(self, **changes: object) -> CaseCreated:
        return CaseCreated(
            **{
                **self._of_case(),
                "case_type": "brp_first_registration",
                "catalogue_version": "1",
                "initiator_role": "client",
                "partner_id": "municipality-portal",
                "channel": "portal",
                "municipality_code": "GM0935",
                "nationality_group": "other",
                "purpose": "study",
                "household_size": 1,
                "journey_id": derived("a journey"),
                "formalities": (),
                **changes,
            }
        )

    def information_requested(self, **changes: object) -> CaseInformationRequested:
        return CaseInformationRequested(**{**self._of_case(), "document_types": ("tenancy",), "due_date": VISIT_DAY, **changes})

    def referred(self, **changes: object) -> CaseReferred:
        return CaseReferred(
            **{
                **self._of_case(),
                "target_organisation": "rni_heerlen",
                "target_product": "rni_registration",
                "warm_transfer": False,
                **changes,
            }
        )

    def closed(self, **changes: object) -> CaseClosed:
        return CaseClosed(**{**self._of_case(), "result": "completed", "archive_nomination": "destroy", **changes})

    def confirmed(self, revision: int = 1, day: date = VISIT_DAY, **changes: object) -> VisitConfirmed:
        return VisitConfirmed(
            **{
                **self._of_visit(revision),
                "location_id": "mosae_forum",
                "day": day,
                "timezone": "Europe/Amsterdam",
                "items": self.items(day),
                "requested_at": NOON,
                **changes,
            }
        )

    def cancelled(self, revision: int = 2, day: date | None = VISIT_DAY, **changes: object) -> VisitCancelled:
        return VisitCancelled(
            **{
                **self._of_visit(revision),
                "location_id": "mosae_forum",
                "day": day,
                "items": self.items(day) if day else (),
                "planned": True,
                "by": "desk",
                "reason_code": "desk_closed",
                "late": False,
                "replanned": True,
                **changes,
            }
        )

    def items(
        self, day: date = VISIT_DAY, products: Iterable[str] = ("brp_first_registration", "settling_consultation")
    ) -> tuple[VisitItem, ...]:
        morning = datetime(day.year, day.month, day.day, 8, 0, tzinfo=UTC)
        return tuple(
            VisitItem(
                appointment_id=derived("appointment", day, product),
                products=(product,),
                desk_id="mosae_forum.municipality.1",
                starts_at=morning + timedelta(minutes=30 * number),
                ends_at=morning + timedelta(minutes=30 * number + 20),
                persons=(1, 2),
            )
            for number, product in enumerate(products)
        )

    def _of_case(self) -> dict[str, object]:
        return {"occurred_at": NOON, "case_id": self.case, "party_id": self.party, "language": "nl"}

    def _of_visit(self, revision: int) -> dict[str, object]:
        return {**self._of_case(), "visit_id": self.visit, "revision": revision}


@pytest.fixture(scope="session")
def region() -> Region:
    return Region(PACK)


@pytest.fixture
def scene(region: Region) -> Scene:
    return Scene(region)


@pytest.fixture
async def reachable(scene: Scene) -> Scene:
    """A scene in which the party's contact is known."""
    await scene.hear(scene.contact())
    return scene


@pytest.fixture(scope="session")
def play(region: Region) -> Callable[[Callable[[Scene], object]], None]:
    """Runs a scene of its own within one example of a property test."""
    return lambda scenario: asyncio.run(scenario(Scene(region)))
