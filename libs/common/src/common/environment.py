"""Reads settings from the environment; whoever set them wrongly gets sentences instead of a traceback."""

import sys
from typing import TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings

S = TypeVar("S", bound=BaseSettings)


def read(settings: type[S]) -> S:
    """The settings, or the end of the program with one line for each that cannot be."""
    try:
        return settings()
    except ValidationError as error:
        sys.exit("\n".join(_sentence(fault["loc"], fault["msg"]) for fault in error.errors(include_input=False, include_url=False)))


def _sentence(place: tuple[int | str, ...], fault: str) -> str:
    name = ".".join(map(str, place)).upper()
    return f"{name}: {fault}" if name and not fault.startswith("Value error") else fault.removeprefix("Value error, ")
