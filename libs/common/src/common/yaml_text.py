"""Reads YAML safely, in C where PyYAML was built with it: that takes a tenth of the time."""

from typing import Any

import yaml

_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(text: str) -> Any:
    """What a text holds; raises `yaml.YAMLError`."""
    return yaml.load(text, _LOADER)  # nosec B506 # noqa: S506 - both loaders are safe ones
