"""How long a letter may be tried again, by the region's policy."""

from datetime import timedelta
from pathlib import Path

import yaml

FILE = Path("notifications/policy.yaml")


def retried(region: Path) -> timedelta:
    """All waits between two attempts, and a lease for each attempt; raises ValueError with a sentence where the policy cannot be read."""
    try:
        policy = yaml.safe_load((region / FILE).read_text(encoding="utf-8"))
        waits = policy["retry_after_seconds"]
        return timedelta(seconds=sum(waits) + (len(waits) + 1) * policy["lease_seconds"])
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise ValueError(f"How long letters are tried again cannot be read from {region / FILE}: {type(error).__name__}.") from error
