"""The parts of the rig by themselves: the plan, the wire, the ledger, the mail provider, and what is poison."""

import asyncio
import hashlib
import smtplib
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from dataclasses import replace
from pathlib import Path
from random import Random

import orjson
import pytest
from chassis import FakeRecord, new, record_of

from chaos.ledger import Ledger
from chaos.mail import Provider
from chaos.plan import COUNTS, PROFILES, plan
from chaos.poison import HARMLESS, KINDS, Record, spoil
from chaos.urls import led_through, place_of
from chaos.wire import Place
from common.cloudevents import Malformed, parse
from loket.embedded.child import free_port

ALL = frozenset({"all"})


def test_the_same_seed_means_the_same_attacks_and_ten_minutes_hold_what_is_promised() -> None:
    made, counts = plan(7, 600, ALL), Counter(one.fault for one in plan(7, 600, ALL))

    assert made == plan(7, 600, ALL) != plan(8, 600, ALL)
    assert counts == COUNTS
    assert (counts["sigkill"] >= 120, counts["sigstop"] >= 40, counts["broker_kill"] >= 10) == (True, True, True)
    assert sum(one.seconds > 15 for one in made if one.fault == "sigstop") >= 3
    assert {one.target for one in made if one.fault == "poison"} == set(KINDS)
    assert all(one.at + one.seconds <= 600 for one in made if one.fault != "clock_shift")


def test_a_profile_takes_out_what_was_not_asked_for() -> None:
    asked = plan(1, 60, frozenset({"sigkill:scheduling", "wire_cut:smtp"}))

    assert {(one.fault, one.target) for one in asked} == {("sigkill", "scheduling-0"), ("sigkill", "scheduling-1"), ("wire_cut", "smtp")}
    assert len(asked) > 15
    assert plan(1, 60, frozenset()) == []
    assert {one.fault for one in plan(1, 60, frozenset(PROFILES["standstill"].split(",")))} == {"mail_standstill"}


@pytest.fixture
async def echo() -> AsyncIterator[tuple[Place, int, list[bytes]]]:
    """A place on the wire before a server that says back what it hears, and what that has heard."""
    heard: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(100):
                heard.append(data)
                writer.write(data)
        except ConnectionResetError:
            pass
        finally:
            writer.close()

    far, near = free_port(), free_port()
    place = Place(far)
    servers = [await asyncio.start_server(answer, "127.0.0.1", far), await asyncio.start_server(place.serve, "127.0.0.1", near)]
    yield place, near, heard
    for server in servers:
        server.close()
        await server.wait_closed()
    await asyncio.sleep(0.05)  # connections that were cut take leave


async def test_on_the_wire_a_stall_delays_and_a_dropped_reply_is_lost_though_the_question_arrived(
    echo: tuple[Place, int, list[bytes]],
) -> None:
    place, port, heard = echo
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"one")
    assert await reader.read(10) == b"one"

    stall = await begun(place.suffer("wire_stall", 3600, Random(1), 1.0))
    writer.write(b"two")
    await asyncio.sleep(0.05)
    assert heard == [b"one"]
    stall.cancel()
    assert await reader.read(10) == b"two"

    drop = await begun(place.suffer("wire_drop_reply", 3600, Random(1), 1.0))
    writer.write(b"three")
    while heard != [b"one", b"two", b"three"]:
        await asyncio.sleep(0.01)
    drop.cancel()
    with pytest.raises(ConnectionResetError):
        await reader.readexactly(1)
    writer.close()


async def begun(fault: Coroutine[None, None, None]) -> "asyncio.Task[None]":
    """A fault that lasts until it is cancelled."""
    task = asyncio.create_task(fault)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return task


async def test_the_ledger_has_every_line_whole_when_its_writer_goes_on(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "calls.jsonl")

    await asyncio.gather(*(ledger.noted(n=n, phase="invoked") for n in range(50)))
    ledger.note(n=50, phase="ok")

    lines = [orjson.loads(line) for line in (tmp_path / "calls.jsonl").read_bytes().splitlines()]
    assert [line["n"] for line in lines] == list(range(51))
    assert all(line["at"] > 1_700_000_000 for line in lines)
    ledger.close()


async def test_the_mail_provider_writes_down_before_it_answers_and_takes_a_second_copy(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "mail.jsonl")
    port, id_ = free_port(), "0f8fad5b-d9cb-469f-a165-70867728950e"
    letter = f"Message-ID: <{id_}@loket.example.org>\r\nContent-Language: fr\r\n\r\n..a line\r\n"
    server = await asyncio.start_server(Provider(ledger, 1, False).serve, "127.0.0.1", port)

    def hand_over() -> None:
        with smtplib.SMTP("127.0.0.1", port) as client:
            for _ in range(2):
                client.sendmail("loket@example.org", ["somebody@example.org"], letter)

    await asyncio.to_thread(hand_over)
    server.close()
    await asyncio.sleep(0.05)

    lines = [orjson.loads(line) for line in (tmp_path / "mail.jsonl").read_bytes().splitlines()]
    assert [(line["act"], line["notification_id"], line["subject_language"]) for line in lines] == [("accepted", id_, "fr")] * 2
    assert {line["to"] for line in lines} == {hashlib.sha256(b"somebody@example.org").hexdigest()}
    ledger.close()


def test_a_mongodb_is_led_through_the_wire_and_has_the_faults_of_the_wire() -> None:
    assert (place_of("mongodb://127.0.0.1:27099/?x=1"), place_of("mongodb://127.0.0.1")) == (27099, 27017)
    assert led_through("mongodb://127.0.0.1:27099/?x=1", 14046) == "mongodb://127.0.0.1:14046/?x=1"
    faults = {one.fault: one.target for one in plan(1, 600, ALL, mongo=True)}
    assert {"store_stall", "disk_full"}.isdisjoint(faults)
    assert "mongo" in {one.target for one in plan(1, 600, ALL, mongo=True) if one.fault.startswith("wire")}


def test_the_faults_of_the_mail_provider_come_from_the_seed_and_each_kind_comes() -> None:
    def acts(seed: int) -> list[str]:
        provider = Provider(None, seed, True)  # type: ignore[arg-type]
        return [provider.drawn(str(number))[0] for number in range(2000)]

    assert acts(1) == acts(1) != acts(2)
    assert set(acts(1)) == {"accepted", "accepted_slowly", "accepted_then_reset", "refused_4xx", "refused_5xx", "reset_before"}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in HARMLESS])
def test_no_service_takes_poison_for_an_event(kind: str) -> None:
    with pytest.raises(Malformed):
        parse(poisoned(kind), "case.referred")


@pytest.mark.parametrize("kind", sorted(HARMLESS))
def test_what_is_said_to_be_harmless_is_an_event(kind: str) -> None:
    assert parse(poisoned(kind), "case.referred").event is not None


def poisoned(kind: str) -> FakeRecord:
    """As a service would be handed it."""
    case = new()
    good = record_of(case)
    bad = spoil(kind, Record(good.key, good.value, list(good.headers)), Random(1))
    return replace(good, key=bad.key, value=bad.value, headers=tuple(bad.headers))


def test_stalls_that_are_asked_for_alone_come_often_and_outlast_the_patience_of_a_service() -> None:
    alone, among = (plan(1, 60, frozenset({asked})) for asked in ("store_stall", "all"))
    whole = [one.seconds for one in alone if one.at + 14 < 60]

    assert len(alone) > sum(one.fault == "store_stall" for one in among)
    assert whole
    assert min(whole) > 10
