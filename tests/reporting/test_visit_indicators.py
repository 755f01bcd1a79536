"""Indicators of visits and messages against scenarios counted by hand: events, the figure, and the very events behind it."""

from datetime import UTC, date, datetime

import pytest
from reporting_room import NOVEMBER, YEAR, Room, listed
from reporting_told import AT, at, id_, ids
from reporting_visits import (
    attended,
    booked,
    called_off,
    confirmed,
    failed,
    missed,
    proposed,
    requested,
    sent,
    settled,
    suppressed,
    visit_cancelled,
)


async def test_clients_at_the_desk_counts_each_person_once_a_day(room: Room) -> None:
    await room.hear(
        attended("visit", "brp_first_registration"),
        settled("visit", "brp_first_registration", persons=(1, 2)),
        attended("visit", "settling_consultation"),
        settled("visit", "settling_consultation", persons=(1,)),
        attended("again", "settling_consultation", when=at(11)),
        settled("again", "settling_consultation", when=at(11), persons=(1,)),
        attended("heerlen", "brp_first_registration", location="heerlen_town_hall"),
        settled("heerlen", "brp_first_registration"),
    )

    figure = await room.total("k02")

    assert figure.value == "3"
    assert figure.details["formalities"].value == "3"
    events = await room.counted("k02")
    assert listed(events) == ids(
        "settled visit brp_first_registration", "settled visit settling_consultation", "settled again settling_consultation"
    )
    assert set(events[0].evidence) <= ids("attended visit brp_first_registration", "attended visit settling_consultation")


TWO = ("brp_first_registration", "settling_consultation")


def whole_visit(name: str, *, settle: bool = True) -> list[object]:
    told: list[object] = [confirmed(name, *TWO)]
    for product in TWO:
        told.append(attended(name, product))
        if settle:
            told.append(settled(name, product))
    return told


async def test_one_day_completion_wants_everything_on_one_day_at_one_location(room: Room) -> None:
    await room.hear(*whole_visit("good"), *whole_visit("unsettled", settle=False))  # type: ignore[arg-type]
    await room.hear(confirmed("single", TWO[0]), attended("single", TWO[0]), settled("single", TWO[0]))
    await room.hear(confirmed("called off", *TWO), visit_cancelled("called off"))
    await room.hear(confirmed("half", *TWO), attended("half", TWO[0]), settled("half", TWO[0]))

    figure = await room.total("k07")

    assert (figure.value, figure.numerator, figure.denominator) == ("0.2500", 1, 4)
    assert figure.details["cancelled"].value == "1"
    roles = {one.event_id: one.role for one in await room.counted("k07")}
    assert listed(await room.counted("k07")) == ids(*(f"confirmed {name} 1" for name in ("good", "unsettled", "called off", "half")))
    assert roles[next(iter(ids("confirmed good 1")))] == "completed_in_one_day"


@pytest.mark.parametrize("second", [{"when": at(11)}, {"location": "heerlen_town_hall"}])
async def test_one_day_completion_is_missed_by_another_day_or_location(room: Room, second: dict[str, object]) -> None:
    await room.hear(confirmed("visit", *TWO), attended("visit", TWO[0]), attended("visit", TWO[1], **second))  # type: ignore[arg-type]
    await room.hear(settled("visit", TWO[0]), settled("visit", TWO[1], when=second.get("when", AT)))  # type: ignore[arg-type]

    assert (await room.total("k07")).value == "0.0000"


async def test_one_day_completion_looks_at_the_last_plan_of_a_visit(room: Room) -> None:
    plan = [
        confirmed("visit", *TWO),
        visit_cancelled("visit", revision=2, replanned=True),
        confirmed("visit", *TWO, revision=3, day=date(2026, 12, 1)),
    ]
    done = [attended("visit", product, revision=3, when=at(1, month=12)) for product in TWO] + [
        settled("visit", product, when=at(1, month=12)) for product in TWO
    ]
    await room.hear(*done, *reversed(plan))

    december = type(NOVEMBER)(date(2026, 12, 1), date(2027, 1, 1))

    assert (await room.total("k07")).n == 0
    assert (await room.total("k07", december)).value == "1.0000"


async def test_no_show_leaves_late_cancellations_out_of_the_share(room: Room) -> None:
    await room.hear(
        attended("a", "biometrics"),
        attended("b", "biometrics"),
        attended("c", "biometrics"),
        missed("d", "biometrics"),
        called_off("e", "biometrics", late=True),
        called_off("f", "biometrics", late=False),
    )

    figure = await room.total("k16")

    assert (figure.value, figure.numerator, figure.denominator, figure.n) == ("0.2500", 1, 4, 5)
    assert figure.details["late_cancelled"].value == "1"
    assert {one.role for one in await room.counted("k16")} == {"completed", "no_show", "late_cancelled"}


async def test_no_show_follows_the_last_record_of_an_appointment(room: Room) -> None:
    await room.hear(missed("a", "biometrics", recorded=at(10, 10)), attended("a", "biometrics", when=at(10, 11)))

    assert (await room.total("k16")).value == "0.0000"


async def test_no_show_can_be_split_by_lead_time_and_reminder(room: Room) -> None:
    await room.hear(
        booked("a", "biometrics", when=AT, requested=at(9)),
        missed("a", "biometrics", case_name="reminded"),
        sent("reminder", template="visit_reminder", when=at(9, 12), case_name="reminded"),
        booked("b", "biometrics", when=AT, requested=at(20, month=10)),
        attended("b", "biometrics", case_name="not reminded"),
        sent("too late", template="visit_reminder", when=at(10, 10), case_name="not reminded"),
    )

    lead = {group: figure.value for group, figure in (await room.split("k16", "lead_time")).items()}
    reminded = {group: figure.value for group, figure in (await room.split("k16", "reminded")).items()}

    assert lead == {"0-2 days": "1.0000", "15 days or more": "0.0000"}
    assert reminded == {"yes": "1.0000", "no": "0.0000"}


async def test_access_time_counts_working_days_without_weekends_and_holidays(room: Room) -> None:
    await room.hear(
        confirmed("over a weekend", "biometrics", requested=at(6), offered=at(6), day=date(2026, 11, 10)),  # Friday to Tuesday: 2
        confirmed("same day", "biometrics", requested=at(9), offered=at(9), day=date(2026, 11, 9)),  # 0
        confirmed(
            "over Christmas", "biometrics", requested=at(24, month=12), offered=at(24), day=date(2026, 12, 29)
        ),  # Thursday to Tuesday: 2
        confirmed("long", "biometrics", requested=at(2), offered=at(2), day=date(2026, 11, 16)),  # two weeks: 10
    )

    figure = await room.total("k18")

    assert (figure.value, figure.n) == ("2.0", 4)
    assert figure.details["p90"].value == "10"
    assert (figure.details["mean"].value, figure.details["mean"].numerator, figure.details["mean"].denominator) == ("3.5", 14, 4)


async def test_access_time_is_that_of_the_first_offer(room: Room) -> None:
    again = confirmed("visit", "biometrics", requested=at(2), offered=at(5), day=date(2026, 11, 20), revision=3)
    await room.hear(again, confirmed("visit", "biometrics", requested=at(2), offered=at(2), day=date(2026, 11, 4)))

    assert (await room.total("k18")).value == "2.0"
    assert listed(await room.counted("k18")) == ids("confirmed visit 1")


async def test_access_time_of_a_later_month_shows_the_third_next_available_beside_it(room: Room) -> None:
    monday = datetime(2027, 3, 1, 9, tzinfo=UTC)
    told = [
        proposed("a", third=date(2027, 3, 5), when=monday),
        confirmed("a", "biometrics", requested=monday, offered=monday, day=date(2027, 3, 2)),
        proposed("b", third=date(2027, 3, 4), when=monday),  # lost the race: what was offered is the next plan
        proposed("b", third=date(2027, 3, 9), when=monday, revision=2),
        confirmed("b", "biometrics", requested=monday, offered=monday, day=date(2027, 3, 3), revision=2),
        proposed("c", third=None, when=monday),
        confirmed("c", "biometrics", requested=monday, offered=monday, day=date(2027, 3, 4)),
    ]
    await room.hear(*reversed(told), *told)
    march = type(YEAR)(date(2027, 3, 1), date(2027, 4, 1))

    figure = await room.total("k18", march)

    assert room.figures.definition("k18", march.first).version == "v2"
    assert (figure.value, figure.n) == ("2.0", 3)
    assert (figure.details["third_next_available"].value, figure.details["with_third_day"].value) == ("5.0", "2")
    evidence = {one.event_id: set(one.evidence) for one in await room.counted("k18", march)}
    assert evidence[id_("confirmed b 2")] == ids("proposed b 2")
    assert evidence[id_("confirmed c 1")] == set()


async def test_message_quality_shows_language_and_what_became_of_the_rest(room: Room) -> None:
    await room.hear(
        *(requested(name) for name in ("a", "b", "c", "d", "e", "f")),
        sent("a"),
        sent("b", locale="en", fallback=True),
        sent("c"),
        failed("d"),
        failed("e", "unknown"),
        suppressed("f"),
    )

    figure = await room.total("k20")

    assert (figure.value, figure.numerator, figure.denominator) == ("0.5000", 3, 6)
    assert {name: detail.value for name, detail in figure.details.items()} == {
        "preferred_language": "0.6667",
        "language_fallback": "0.3333",
        "failed": "1",
        "unknown": "1",
        "suppressed": "1",
    }
    assert listed(await room.counted("k20")) == ids(*(f"requested {name}" for name in "abcdef"))


async def test_a_message_that_was_sent_after_a_failure_counts_as_sent(room: Room) -> None:
    await room.hear(requested("a"), sent("a"), failed("a", when=at(11)))

    assert (await room.total("k20")).value == "1.0000"


async def test_a_share_whose_denominator_is_empty_says_nothing(room: Room) -> None:
    await room.hear(called_off("e", "biometrics", late=True))

    figure = await room.total("k16")

    assert (figure.value, figure.denominator, figure.n) == (None, 0, 1)
