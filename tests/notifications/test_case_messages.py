"""What people hear about their case: one message per event, in their language, once."""

import pytest

from notifications.domain import State, Template


@pytest.mark.parametrize(
    ("event", "template"),
    [
        ("created", Template.SUBMISSION_RECEIVED),
        ("information_requested", Template.INFORMATION_NEEDED),
        ("referred", Template.CASE_REFERRED),
        ("closed", Template.CASE_CLOSED),
    ],
)
async def test_an_event_of_a_case_is_told_once_although_it_is_heard_twice(reachable, event, template):
    await reachable.hear(getattr(reachable, event)())

    assert reachable.sent() == [template]
    assert len(reachable.mailer.letters) == 1
    assert [event.template_key for event in reachable.told("requested")] == [template]
    assert (await reachable.message(template)).state is State.SENT


async def test_of_whom_nobody_knows_an_address_no_letter_is_asked_for(reachable):
    await reachable.hear(reachable.created(reachable=False), reachable.closed(result="answered", reachable=False))

    assert reachable.told("requested") == reachable.told("suppressed") == reachable.told("failed") == []


async def test_requests_for_different_documents_are_different_messages(reachable):
    await reachable.hear(reachable.information_requested(), reachable.information_requested(document_types=("birth_certificate",)))

    assert reachable.sent() == [Template.INFORMATION_NEEDED] * 2


async def test_documents_are_not_asked_for_after_the_end_of_a_case_in_whatever_order_that_is_heard(reachable):
    await reachable.hear(reachable.closed(result="withdrawn"), reachable.information_requested())

    assert reachable.sent() == [Template.CASE_CLOSED]
    assert [(event.template_key, event.reason_code) for event in reachable.told("suppressed")] == [
        (Template.INFORMATION_NEEDED, "case_closed")
    ]


async def test_documents_asked_for_after_an_earlier_end_are_asked_for(reachable):
    await reachable.hear(reachable.closed(result="withdrawn"))
    await reachable.wait(days=1)

    await reachable.hear(reachable.information_requested(occurred_at=reachable.clock.now()))

    assert reachable.sent() == [Template.CASE_CLOSED, Template.INFORMATION_NEEDED]


async def test_documents_are_not_asked_for_after_the_day_they_were_due(reachable):
    await reachable.wait(days=9)

    await reachable.hear(reachable.information_requested())

    assert [event.reason_code for event in reachable.told("suppressed")] == ["expired"]


async def test_the_end_of_a_referred_case_is_told_with_the_referral_alone(reachable):
    await reachable.hear(reachable.referred(), reachable.closed(result="referred"))

    assert reachable.sent() == [Template.CASE_REFERRED]


async def test_the_contact_s_own_language_is_spoken_and_not_the_case_s(scene):
    await scene.hear(scene.contact(language="fr"), scene.created(language="nl"))

    (sent,) = scene.told("sent")
    assert (sent.locale, sent.preferred_locale, sent.locale_fallback) == ("fr", "fr", False)
    assert "Nous avons bien reçu" in scene.mailer.letters[0].subject


async def test_the_words_name_what_the_codes_stand_for(reachable):
    await reachable.hear(reachable.information_requested(document_types=("tenancy", "something_new")))

    text = reachable.mailer.letters[0].text
    assert "- een ondertekend huurcontract of de koopakte" in text
    assert "- een ander document" in text
    assert "something_new" not in text


@pytest.mark.parametrize("result", ["completed", "rejected", "withdrawn", "answered"])
async def test_each_result_has_its_own_words(reachable, result):
    await reachable.hear(reachable.closed(result=result))

    expected = {"completed": "Alles is geregeld", "rejected": "niet in behandeling", "withdrawn": "ingetrokken", "answered": "beantwoord"}
    assert expected[result] in reachable.mailer.letters[0].text


async def test_a_message_says_when_it_may_go_and_when_it_expires(reachable):
    await reachable.hear(reachable.created())

    (requested,) = reachable.told("requested")
    assert requested.not_before == reachable.clock.now()
    assert (requested.expires_at - requested.not_before).days == 7
