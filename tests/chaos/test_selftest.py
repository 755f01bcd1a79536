"""The loop around broken builds, with a rig that says what it is told to say."""

from collections.abc import Sequence

import pytest

from chaos.broken.builds import BUILDS
from chaos.selftest import CONTROL, Attempt, Caught, RigFailed, Verdict, catch, control, selftest

NAME = "retry-on-unknown"
SENT_TWICE = Verdict("letters go once", holds=False, violations=3, first=("twice",))
UNRELATED = Verdict("outboxes are empty", holds=False, violations=1, first=("left",))
NOT_SEEN = Verdict("day lists are what visits hold", holds=False, violations=0, first=())
HOLDS = Verdict("outboxes are empty", holds=True, violations=0, first=())


class FakeRig:
    """Plays nothing; each run ends as the next answer says, the last one for ever."""

    def __init__(self, *answers: Sequence[Verdict] | None) -> None:
        self.answers, self.attempts = list(answers), list[Attempt]()

    def __call__(self, attempt: Attempt) -> Sequence[Verdict]:
        self.attempts.append(attempt)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            raise RigFailed("no port is free")
        return answer


def nobody(_caught: Caught) -> None: ...


def test_a_build_is_run_with_other_seeds_until_it_is_named() -> None:
    rig = FakeRig([HOLDS], [UNRELATED], [SENT_TWICE, UNRELATED])
    caught = catch(NAME, BUILDS[NAME], rig)

    assert (caught.right, caught.faults, caught.by, caught.others) == (True, 120, ["letters go once"], ["outboxes are empty"])
    assert [(attempt.build, attempt.seed, attempt.profile) for attempt in rig.attempts] == [(NAME, seed, "mail") for seed in (1, 2, 3)]


@pytest.mark.parametrize("verdict", [HOLDS, UNRELATED, NOT_SEEN, SENT_TWICE._replace(violations=0)])
def test_a_build_that_only_others_notice_is_not_caught(verdict: Verdict) -> None:
    rig = FakeRig([verdict])

    assert not catch(NAME, BUILDS[NAME], rig).right
    assert sum(attempt.duration for attempt in rig.attempts) == 180


@pytest.mark.parametrize(("verdict", "right"), [(HOLDS, True), (UNRELATED, False), (NOT_SEEN, False)])
def test_the_control_run_must_hold_and_have_seen_everything(verdict: Verdict, right: bool) -> None:
    rig = FakeRig([verdict])

    assert control(rig).right is right
    assert (rig.attempts[0].build, rig.attempts[0].profile) == ("", "all")


def test_a_rig_that_fails_once_is_asked_again() -> None:
    assert [one.right for one in selftest([CONTROL], FakeRig(None, [HOLDS]), nobody)] == [True]


def test_a_rig_that_fails_shows_nothing() -> None:
    found = list(selftest([CONTROL, NAME], FakeRig(None, None, [SENT_TWICE]), nobody))

    assert [(one.build, one.right) for one in found] == [(CONTROL, False), (NAME, True)]
    assert "no port is free" in found[0].others[0]
