"""Reads a file of the region pack and says which file and which row is wrong."""

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from common.yaml_text import read_yaml

M = TypeVar("M", bound=BaseModel)


class RegionFault(Exception):
    """A file of the region pack is missing or breaks a rule; the service does not start with it."""


def read(path: Path, model: type[M]) -> M:
    """The file as `model`; raises `RegionFault` that names every faulty row."""
    try:
        rows = read_yaml(path.read_text(encoding="utf-8"))
        return model.model_validate(rows)
    except OSError as error:
        raise RegionFault(f"{path} cannot be read: {error.strerror}.") from error
    except yaml.YAMLError as error:
        raise RegionFault(f"{path} is no YAML: {error}") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(str(part) for part in fault['loc']) or 'file'}: {fault['msg']}" for fault in error.errors())
        raise RegionFault(f"{path}: {faults}") from error
