"""Cut-offs and what is seen of them: the plan, the wire, the witness, and the hostile partner, each by itself."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from random import Random

import pytest

from chaos.driver.hostile import HOSTILE
from chaos.judge.run import HOSTILE as JUDGED
from chaos.plan import CUT_OFF, PROFILES, TURN, plan
from chaos.platform import SHOWN_UNDER
from chaos.wire import Place, named
from chaos.witness import gauges
from loket.embedded.child import free_port
from loket.supervisor import SERVICES

ASKED = frozenset(PROFILES["cutoff"].split(","))


def test_each_service_is_cut_off_from_each_thing_and_from_one_at_a_time() -> None:
    made = plan(1, 3 + 8 * TURN, ASKED)

    assert {(one.fault, one.target) for one in made} == {(fault, target) for fault, targets in CUT_OFF.items() for target in targets}
    for service in SERVICES:
        mine = [one for one in made if one.target == service]
        assert all(before.at + before.seconds < after.at for before, after in pairwise(mine))
    assert min(one.seconds for one in made) > 20


def test_a_minute_of_cut_offs_has_one_of_each_kind_and_all_has_none() -> None:
    assert {one.fault for one in plan(1, 60, ASKED)} == set(CUT_OFF)
    assert ("cutoff_kafka", "intake") in {(one.fault, one.target) for one in plan(1, 60, ASKED)}
    assert {one.target for one in plan(1, 60, frozenset({"cutoff_store:reporting"}))} == {"reporting"}
    assert not {one.fault for one in plan(1, 600, frozenset({"all"}))} & set(CUT_OFF)


def test_a_broker_is_told_of_for_all_services_or_for_one() -> None:
    places = {name: Place(1) for name in ("kafka-1/intake", "kafka-1/reporting", "kafka-2/intake", "smtp")}

    assert named(places, "kafka-1") == [places["kafka-1/intake"], places["kafka-1/reporting"]]
    assert named(places, "kafka-2/intake") == [places["kafka-2/intake"]]
    assert named(places, "smtp") == [places["smtp"]]


@pytest.fixture
async def echo() -> AsyncIterator[tuple[Place, int]]:
    """A place on the wire before a server that says back what it hears."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(100):
                writer.write(data)
        except ConnectionResetError:
            pass
        finally:
            writer.close()

    far, near = free_port(), free_port()
    place = Place(far)
    servers = [await asyncio.start_server(answer, "127.0.0.1", far), await asyncio.start_server(place.serve, "127.0.0.1", near)]
    yield place, near
    for server in servers:
        server.close()
        await server.wait_closed()
    await asyncio.sleep(0.05)  # connections that were cut take leave


async def test_who_is_refused_is_hung_up_on_and_comes_in_again_later(echo: tuple[Place, int]) -> None:
    place, port = echo
    old, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"one")
    assert await old.read(10) == b"one"

    away = asyncio.create_task(place.suffer("wire_refused", 3600, Random(1), 1.0))
    with pytest.raises(ConnectionResetError):
        await old.readexactly(1)
    new, also = await asyncio.open_connection("127.0.0.1", port)
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await new.readexactly(1)
    away.cancel()
    await asyncio.gather(away, return_exceptions=True)

    later, last = await asyncio.open_connection("127.0.0.1", port)
    last.write(b"two")
    assert await later.read(10) == b"two"
    for one in (writer, also, last):
        one.close()


async def test_who_meets_silence_hears_everything_later_on_old_connections_and_new(echo: tuple[Place, int]) -> None:
    place, port = echo
    old, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"one")
    assert await old.read(10) == b"one"

    away = asyncio.create_task(place.suffer("wire_silent", 3600, Random(1), 1.0))
    await asyncio.sleep(0)
    new, also = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"two")
    also.write(b"three")
    heard = [asyncio.create_task(one.read(10)) for one in (old, new)]
    await asyncio.sleep(0.05)
    assert not any(one.done() for one in heard)
    away.cancel()

    assert await asyncio.gather(*heard) == [b"two", b"three"]
    for one in (writer, also):
        one.close()


def test_a_witness_reads_what_is_not_a_number_as_not_known() -> None:
    text = """# HELP loket_kafka_connected 1 while
loket_kafka_connected 0.0
loket_kafka_fetch_age_seconds NaN
loket_lag_records{topic="case.created"} NaN
loket_lag_records{topic="case.closed"} 3.0
loket_provider_connected{channel="email"} 1.0
"""
    seen = gauges(text)

    assert (seen["connected"], seen["fetch_age"], seen["provider"], seen["paused"]) == (0.0, None, 1.0, None)
    assert (seen["lags"], seen["lags_unknown"]) == (2, 1)


def test_the_judge_means_the_partner_that_the_driver_plays() -> None:
    assert HOSTILE == JUDGED
    assert int(SHOWN_UNDER["hostile"]["BREAKER_LANES_PER_MINUTE"]) == 12
