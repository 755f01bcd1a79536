"""How much is tried: little in `make test`, much in `make fuzz`."""

import os

LONG = os.environ.get("LOKET_FUZZ") == "long"
INPUTS = int(os.environ.get("INPUTS") or ("1000000" if LONG else "5000"))
"""Inputs for the gateway's gate."""
CASES = int(os.environ.get("CASES") or ("5000" if LONG else "8"))
"""Cases for each operation of each service."""
WHOLE = int(os.environ.get("WHOLE") or ("2000" if LONG else "6"))
"""Days of submissions and of what staff do, each carried through all four services."""
SEED = int(os.environ.get("SEED") or "1")
ROUND = 5000
"""Examples drawn from one seed; more would only fill memory with what has been drawn already."""
