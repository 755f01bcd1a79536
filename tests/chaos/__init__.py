"""The whole platform as real processes under real faults, and what must hold all the same; start at `run.py`."""
