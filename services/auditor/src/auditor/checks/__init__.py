"""What has to add up; each check is a function that gives what it found, as sentences with ids and without personal data."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from auditor.answers import Asked
from auditor.checks import log, services


class Check(NamedTuple):
    """A check, and the answers that it cannot do without, by their names in `Answers`."""

    judge: Callable[[Asked], list[str]]
    needs: tuple[str, ...]


CHECKS: Mapping[str, Check] = {
    judge.__name__: Check(judge, needs)
    for judge, needs in (
        (log.every_case_is_told, ("fold", "cases")),
        (log.every_desk_case_has_a_visit, ("fold",)),
        (log.no_slot_is_given_twice, ("fold",)),
        (log.every_letter_has_one_outcome, ("fold",)),
        (log.letters_do_not_stand_still, ("fold",)),
        (log.numbers_have_no_gaps, ("fold",)),
        (log.what_is_no_event_is_set_aside, ("fold",)),
        (services.timelines_are_the_log, ("fold", "timelines")),
        (services.day_lists_are_the_log, ("fold", "day_lists")),
        (services.services_say_how_far_they_are, ("groups", "gauges")),
        (services.every_group_has_members, ("groups",)),
        (services.figures_say_what_is_missing, ("completeness", "groups", "lanes")),
        (services.nothing_waits_for_somebody, ("gauges", "lanes")),
    )
}


class Verdict(NamedTuple):
    """What a check found, and whether it could look at all that it needs."""

    findings: list[str]
    sure: bool


def judged(asked: Asked) -> dict[str, Verdict]:
    """Every check; what cannot be looked at is not judged, and a check that fails stops no other."""
    return {name: _verdict(name, check, asked) for name, check in CHECKS.items()}


def _verdict(name: str, check: Check, asked: Asked) -> Verdict:
    answers = asked.answers
    sure = not any(need in answers.silent for need in check.needs)
    if any(getattr(answers, need) is None for need in check.needs):
        return Verdict([], sure=False)
    try:
        return Verdict(check.judge(asked), sure=sure)
    except Exception as error:  # noqa: BLE001 - a bug in one check must not blind the others; its text may quote an answer
        answers.note(name, f"{name.replace('_', ' ')}: {type(error).__name__} while it was checked")
        return Verdict([], sure=False)
