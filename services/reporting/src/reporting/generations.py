"""Generations of the store: a rebuilt one lies beside the live one until a pointer says otherwise."""

import os
from pathlib import Path
from typing import NamedTuple

from reporting.settings import Settings


class Generation(NamedTuple):
    """A store of facts, the first being 1."""

    number: int
    settings: Settings


def live(settings: Settings) -> Generation:
    """The generation that the service works on."""
    if settings.mongo_url is not None:
        name = settings.mongo_database or "reporting"
        return Generation(_number(name.rpartition("_g")[2]) if "_g" in name else 1, settings)
    pointer = _pointer(settings)
    number = _number(pointer.read_text(encoding="utf-8").strip()) if pointer.is_file() else 1
    return _generation(settings, number)


def beside(settings: Settings) -> Generation:
    """The generation after the live one."""
    return _generation(settings, live(settings).number + 1)


def point_to(settings: Settings, generation: Generation) -> str:
    """Make a generation the live one, or say how; takes effect at the next start of the service."""
    if settings.mongo_url is not None:
        return f"Set MONGO_DATABASE={generation.settings.mongo_database} for reporting and start it again."
    pointer = _pointer(settings)
    beside_it = pointer.with_name(pointer.name + ".new")
    with beside_it.open("w", encoding="utf-8") as file:
        file.write(f"{generation.number}\n")
        file.flush()
        os.fsync(file.fileno())
    beside_it.replace(pointer)
    return f"Generation {generation.number} is live at the next start of reporting."


def _generation(settings: Settings, number: int) -> Generation:
    if settings.mongo_url is not None:
        return Generation(number, settings.model_copy(update={"mongo_database": f"reporting_g{number}"}))
    path = settings.sqlite_path
    return Generation(
        number, settings.model_copy(update={"sqlite_path": path if number == 1 else path.with_name(f"{path.stem}.g{number}{path.suffix}")})
    )


def _pointer(settings: Settings) -> Path:
    return settings.generation_file or settings.sqlite_path.with_name(f"{settings.sqlite_path.stem}.generation")


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and int(text) > 0 else 1
