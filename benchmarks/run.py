"""`make bench`: measures Loket beside its peers, writes results and `docs/performance.md`, and ends with the verdict.

PROFILE=quick (unless set) measures the first six parts in three minutes, full all of them, tiny all of them within seconds each;
tiny ones, and PARTS=a,c which measures only those, leave the page and the results as they are.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path
from traceback import format_exception

from grounds import Grounds, Void, say
from machine import description
from parts import PARTS
from profiles import PROFILES
from report import Found, tables, verdict, write_json, write_page

QUICK = ["a", "b", "c", "d", "e", "f"]


def main() -> int:
    """0 when every result is valid, whichever goals are met."""
    argparse.ArgumentParser("make bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    profile = PROFILES[os.environ.get("PROFILE", "quick")]
    usual = QUICK if profile.name == "quick" else list(PARTS)
    keys = os.environ["PARTS"].split(",") if os.environ.get("PARTS") else usual
    machine = description()
    found: Found = {}
    with tempfile.TemporaryDirectory(prefix="loket-bench-") as folder:
        say("starting Kafka")
        grounds = Grounds(Path(folder))
        try:
            for key in keys:
                try:
                    found[key] = PARTS[key][1](grounds, profile)
                except Void as void:
                    found[key] = str(void).splitlines()[0]
                    say(f"({key}) void: {void}")
                except Exception as error:  # noqa: BLE001 - half an hour of other parts is not to be lost with this one
                    found[key] = f"it broke: {type(error).__name__}"
                    say(f"({key}) void: {''.join(format_exception(error))}")
        finally:
            grounds.close()
    machine["load while measuring"] = " / ".join(f"{load:.1f}" for load in os.getloadavg()) + " (1, 5 and 15 minutes, at the end)"
    if keys == usual and profile.name != "tiny":
        write_page(profile.name, machine, found)
        say(f"written: {write_json(profile.name, machine, found)} and docs/performance.md")
    else:
        print(tables(profile.name, machine, found))
    print(verdict(found))
    return 1 if any(isinstance(part, str) for part in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
