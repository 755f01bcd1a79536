"""The shift of the clock that all services of one machine read: forward only."""

import json
import os
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from common.clock import LONGEST, shift_in
from loket.errors import LoketError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_PART = re.compile(r"([0-9]{1,6})([smhdw])")


def read_shift(path: Path) -> timedelta:
    """The shift as it stands; none without a file, and a refusal with a torn or odd one: a guess could take time back."""
    try:
        return shift_in(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return timedelta()
    except ValueError:
        raise LoketError(
            f'{path} is torn or holds no shift of the clock: write the shift that was into it, as {{"shift_seconds": 86400}},'
            " or start from nothing with `loket reset`."
        ) from None


def move_forward(path: Path, step: timedelta, environ: Mapping[str, str]) -> timedelta:
    """Returns the whole shift. The services see it within a moment; half a file they never see."""
    if environ.get("ENVIRONMENT") == "production":
        raise LoketError("The clock is not shifted in production (ENVIRONMENT=production): time is what it is there.")
    shift = read_shift(path) + step
    if shift > LONGEST:
        raise LoketError(f"That would be {shift.days} days ahead, and ten years are the most: `loket reset` brings the clock back.")
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    with draft.open("w", encoding="utf-8") as file:
        file.write(json.dumps({"shift_seconds": int(shift.total_seconds())}))
        file.flush()
        os.fsync(file.fileno())  # else a power cut may leave the new name on an empty file
    draft.replace(path)
    return shift


def parse_step(text: str) -> timedelta:
    """`3d`, `90m`, `1d12h`; more than nothing."""
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text or not any(int(number) for number, _ in parts):
        raise LoketError(f"“{text}” is no step forward: write it as 3d, 12h, 90m or 1d12h (w, d, h, m, s); the clock never goes back.")
    return sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in parts), timedelta())
