"""(d) What our subscriber and runner cost beside a bare loop with the same handler and the same store."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

from grounds import HERE, Grounds, Platform, Void, platform

from common.aggregate import How
from common.cloudevents import Outgoing, outgoing
from common.events.party import PartyContactChanged
from common.publisher import Publisher
from common.store.port import Entry

SOURCE = b"urn:nld:oin:00000000000000000000:systeem:intake"


def cost(grounds: Grounds, way: str, events: int) -> float:
    """CPU µs per event of one process that keeps contacts, `ours` or `raw`."""
    with platform(grounds) as made:
        asyncio.run(_produce(grounds, made, events))
        child = made.start("notifications", str(HERE / "peers" / "handled.py"), way, str(events))
        if child.popen.wait(300) != 0:
            raise Void(f"{way} ended with {child.popen.returncode}:{child.tail()}")
        return float(child.log.read_text().split()[-1]) / events * 1e6


async def _produce(grounds: Grounds, made: Platform, events: int) -> None:
    publisher = Publisher(grounds.bootstrap, "bench", made.prefix)
    for start in range(0, events, 1000):
        await publisher.send([contact_changed()[1] for _ in range(start, min(events, start + 1000))])
    await publisher.close()


def contact_changed(sequence: int = 1, party: UUID | None = None) -> tuple[UUID, Outgoing]:
    """A party that nobody has heard of, or a later word of one, and the record that tells of it."""
    party = party or uuid4()
    return party, outgoing(contact_entry(party, sequence), party, SOURCE)


def contact_entry(party: UUID, sequence: int = 1) -> Entry:
    """The same as it lies in an outbox."""
    now = datetime.now(UTC)
    event = PartyContactChanged(
        occurred_at=now, party_id=party, name="A. Example", email="a@bench.example", language="en", revision=sequence
    )
    data = event.model_dump_json(by_alias=True).encode()
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
    return Entry(sequence, How.TELL, uuid4(), event.topic, event.key, sequence, sequence, now, data, trace, party, uuid4())
