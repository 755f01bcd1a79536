"""An interrupt leaves nothing half done."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from loket.embedded import interrupts
from loket.embedded.child import Child


class Asked:
    """A process that is interrupted while it is asked whether it lives, as `Popen` may be: with its lock in hand."""

    def __init__(self, number: int) -> None:
        self.number, self.locked = number, False

    def poll(self) -> None:
        self.locked = True
        signal.raise_signal(self.number)
        self.locked = False


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in interrupts.SIGNALS}
    interrupts.listen()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", interrupts.SIGNALS)
def test_who_is_interrupted_while_asking_a_child_lets_go_of_it_first(number: int) -> None:
    asked = Asked(number)

    with pytest.raises(KeyboardInterrupt):
        _ = Child("x", cast("Any", asked), Path("x.log")).alive

    assert not asked.locked


def test_an_interrupt_comes_after_the_outermost_block_and_once() -> None:
    steps = []

    def work() -> None:
        with interrupts.undisturbed():
            with interrupts.undisturbed():
                signal.raise_signal(signal.SIGTERM)
                steps.append("inner")
            steps.append("outer")

    with pytest.raises(KeyboardInterrupt):
        work()
    with interrupts.undisturbed():
        steps.append("later")

    assert steps == ["inner", "outer", "later"]


def test_a_second_interrupt_does_not_disturb_the_stop() -> None:
    interrupts.ignore()

    signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGINT)
