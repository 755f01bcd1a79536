"""What people hear about visits: the newest plan, a reminder of it, and its end, in whatever order the events come."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.domain import State, Template

REMINDER_AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # ten o'clock in Maastricht, the day before
LATER = date(2026, 12, 3)


async def test_a_visit_is_confirmed_at_once_and_recalled_the_day_before(reachable):
    await reachable.hear(reachable.confirmed())
    assert reachable.sent() == [Template.VISIT_CONFIRMED]
    assert (await reachable.message(Template.VISIT_REMINDER)).not_before == REMINDER_AT

    await reachable.wait_until(REMINDER_AT)

    assert reachable.sent() == [Template.VISIT_CONFIRMED, Template.VISIT_REMINDER]


async def test_the_reminder_does_not_go_a_moment_too_early(reachable):
    await reachable.hear(reachable.confirmed())

    await reachable.wait_until(REMINDER_AT.replace(hour=8, minute=59, second=59))

    assert reachable.sent() == [Template.VISIT_CONFIRMED]


async def test_the_reminder_hour_is_local_also_in_summer(reachable):
    await reachable.hear(reachable.confirmed(day=date(2027, 7, 1), items=reachable.items(date(2027, 7, 1))))

    assert (await reachable.message(Template.VISIT_REMINDER)).not_before == datetime(2027, 6, 30, 8, 0, tzinfo=UTC)


async def test_a_visit_confirmed_after_its_reminder_hour_has_no_reminder(reachable):
    await reachable.wait_until(REMINDER_AT.replace(hour=12))

    await reachable.hear(reachable.confirmed())

    assert [message.template for message in await reachable.all()] == [Template.VISIT_CONFIRMED]


async def test_a_reminder_of_a_visit_that_has_begun_is_never_sent(reachable):
    await reachable.hear(reachable.confirmed())

    await reachable.wait(days=30)

    reminder = await reachable.message(Template.VISIT_REMINDER)
    assert (reminder.state, reminder.reason_code) == (State.SUPPRESSED, "expired")


async def test_a_cancelled_visit_is_told_and_its_reminder_withdrawn(reachable):
    await reachable.hear(reachable.confirmed(), reachable.cancelled())
    await reachable.wait_until(REMINDER_AT)

    assert reachable.sent() == [Template.VISIT_CONFIRMED, Template.VISIT_CANCELLED]
    (suppressed,) = reachable.told("suppressed")
    assert (suppressed.template_key, suppressed.reason_code) == (Template.VISIT_REMINDER, "visit_cancelled")


@pytest.mark.parametrize("revision", [1, 2])
async def test_a_confirmation_that_comes_after_its_cancellation_sends_nothing(reachable, revision):
    await reachable.hear(reachable.cancelled(revision=revision), reachable.confirmed(revision=1))
    await reachable.wait_until(REMINDER_AT)

    assert reachable.sent() == [Template.VISIT_CANCELLED]


async def test_a_cancellation_that_comes_after_the_next_plan_says_nothing(reachable):
    await reachable.hear(reachable.confirmed(1), reachable.confirmed(3, LATER), reachable.cancelled(2))

    assert reachable.sent() == [Template.VISIT_CONFIRMED, Template.VISIT_CONFIRMED]
    assert (await reachable.visits.find({}))[0].cancelled is False


async def test_a_new_plan_takes_the_place_of_the_old_reminder(reachable):
    await reachable.hear(reachable.confirmed(1), reachable.confirmed(2, LATER))
    await reachable.wait_until(REMINDER_AT)
    assert reachable.sent() == [Template.VISIT_CONFIRMED] * 2

    await reachable.wait_until(datetime(2026, 12, 2, 9, 0, tzinfo=UTC))

    assert reachable.sent()[2:] == [Template.VISIT_REMINDER]
    assert "3 december 2026" in reachable.mailer.letters[-1].text


async def test_an_older_plan_that_comes_late_says_nothing(reachable):
    await reachable.hear(reachable.confirmed(2, LATER), reachable.confirmed(1))

    assert reachable.sent() == [Template.VISIT_CONFIRMED]
    assert "3 december 2026" in reachable.mailer.letters[0].text


async def test_a_plan_that_nobody_was_told_of_is_called_off_in_silence(reachable):
    await reachable.hear(reachable.cancelled(planned=False))

    assert reachable.stage.told == []
    assert await reachable.all() == []


async def test_a_confirmation_that_still_waits_is_not_sent_once_the_visit_is_cancelled(scene):
    await scene.hear(scene.confirmed())
    await scene.hear(scene.cancelled(), scene.contact())

    await scene.wait(minutes=1)

    assert scene.sent() == [Template.VISIT_CANCELLED]
    assert {(event.template_key, event.reason_code) for event in scene.told("suppressed")} == {
        (Template.VISIT_CONFIRMED, "visit_cancelled"),
        (Template.VISIT_REMINDER, "visit_cancelled"),
    }


async def test_a_replanned_visit_is_cancelled_and_confirmed_anew(reachable):
    await reachable.hear(reachable.confirmed(1), reachable.cancelled(2), reachable.confirmed(3, LATER))

    assert reachable.sent() == [Template.VISIT_CONFIRMED, Template.VISIT_CANCELLED, Template.VISIT_CONFIRMED]


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"replanned": True}, "nieuwe dag"), ({"replanned": False, "by": "client"}, "zelf laten weten"), ({"replanned": False}, "excuses")],
)
async def test_a_cancellation_says_what_happens_next(reachable, changes, words):
    await reachable.hear(reachable.confirmed(), reachable.cancelled(**changes))

    assert words in reachable.mailer.letters[-1].text


async def test_a_cancellation_without_a_plan_still_makes_sense(reachable):
    await reachable.hear(reachable.cancelled(day=None, location_id=None))

    assert reachable.mailer.letters[0].subject == "Uw bezoek gaat niet door"


PLANS = {
    "confirmed 1": (1, None),
    "cancelled 2": (2, None),
    "confirmed 3": (3, LATER),
    "cancelled 4": (4, LATER),
    "confirmed 5": (5, LATER),
}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(sorted(PLANS)), min_size=1, unique=True))
def test_in_every_order_nothing_of_an_older_plan_follows_a_newer_one(play, order):
    async def scenario(scene):
        await scene.hear(scene.contact())
        for name in order:
            revision, day = PLANS[name]
            make = scene.confirmed if name.startswith("confirmed") else scene.cancelled
            await scene.hear(make(revision, *([day] if day else [])))

        messages = {message.id: message for message in await scene.all()}
        newest = max(order, key=lambda name: PLANS[name][0])
        waiting = [message.facts.revision for message in messages.values() if message.state is State.REQUESTED]
        said = [messages[event.message_id].facts.revision for event in scene.told("sent")]
        assert waiting == ([PLANS[newest][0]] if newest.startswith("confirmed") else [])
        assert said == sorted(said)
        assert said[-1] == PLANS[newest][0]

    play(scenario)
