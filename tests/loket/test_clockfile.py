"""The clock of one machine goes forward, and only forward."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from common.clock import ShiftedClock, SystemClock
from common.settings import ServiceSettings
from loket.clockfile import move_forward, parse_step, read_shift
from loket.errors import LoketError


@pytest.mark.parametrize(
    ("text", "step"),
    [("3d", timedelta(days=3)), ("90m", timedelta(minutes=90)), ("1d12h", timedelta(days=1, hours=12)), ("2w", timedelta(weeks=2))],
)
def test_a_step_is_written_as_people_write_it(text: str, step: timedelta) -> None:
    assert parse_step(text) == step


@pytest.mark.parametrize("text", ["", "0d", "-3d", "3", "d", "3d ", "3 days", "1d-2h", "٣d"])
def test_anything_that_is_no_step_forward_is_refused(text: str) -> None:
    with pytest.raises(LoketError, match="is no step forward: write it as 3d"):
        parse_step(text)


def test_steps_add_up_and_the_services_clock_follows(tmp_path: Path) -> None:
    file = tmp_path / "state" / "clock.json"
    assert read_shift(file) == timedelta()

    move_forward(file, timedelta(days=3), {})
    assert move_forward(file, timedelta(hours=1), {}) == read_shift(file) == timedelta(days=3, hours=1)

    ahead = ShiftedClock(file).now() - SystemClock().now()
    assert abs(ahead - timedelta(days=3, hours=1)) < timedelta(seconds=5)


def test_in_production_the_clock_is_not_moved(tmp_path: Path) -> None:
    with pytest.raises(LoketError, match="not shifted in production"):
        move_forward(tmp_path / "clock.json", timedelta(days=1), {"ENVIRONMENT": "production"})

    assert list(tmp_path.iterdir()) == []


def test_ten_years_are_the_most(tmp_path: Path) -> None:
    with pytest.raises(LoketError, match="ten years are the most"):
        move_forward(tmp_path / "clock.json", timedelta(days=3661), {})


ODD = [
    "",
    '{"shift_sec',
    "[]",
    "{}",
    '{"shift_seconds": "1"}',
    '{"shift_seconds": -1}',
    '{"shift_seconds": 1e300}',
    '{"shift_seconds": NaN}',
    "\xff",
]


@pytest.mark.parametrize("text", ODD)
def test_a_torn_or_odd_file_is_refused_with_a_sentence_and_time_never_goes_back(tmp_path: Path, text: str) -> None:
    file = tmp_path / "clock.json"
    move_forward(file, timedelta(days=3), {})
    clock = ShiftedClock(file)
    before = clock.now()
    for written in (text, '{"shift_seconds": 60}'):
        file.write_text(written, encoding="latin-1")
        clock._looked = float("-inf")
        assert clock.now() >= before

    file.write_text(text, encoding="latin-1")
    with pytest.raises(LoketError, match="is torn or holds no shift of the clock: write the shift that was into it"):
        move_forward(file, timedelta(days=1), {})
    with pytest.raises(ValidationError, match="is torn or holds no shift of the clock, so that the time is not known"):
        ServiceSettings(clock_file=file, oidc_issuer="x", oidc_jwks="/x", kafka_bootstrap_servers="x:1")
