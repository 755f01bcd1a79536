"""Reads a file of the region pack and says which file and which row is wrong."""

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)
LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class RegionFault(Exception):
    """A file of the region pack is missing or breaks a rule; the service does not start with it."""


def read(path: Path, model: type[M]) -> M:
    """The file as `model`; raises `RegionFault` that names every faulty row."""
    try:
        rows = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)  # nosec B506 # noqa: S506 - a safe loader, in C where there is one
        return model.model_validate(rows)
    except OSError as error:
        raise RegionFault(f"{path} cannot be read: {error.strerror}.") from error
    except yaml.YAMLError as error:
        raise RegionFault(f"{path} is no YAML: {error}") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(str(part) for part in fault['loc']) or 'file'}: {fault['msg']}" for fault in error.errors())
        raise RegionFault(f"{path}: {faults}") from error
