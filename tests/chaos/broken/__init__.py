"""Builds that are broken on purpose, each in one respect, to see whether the judge of chaos runs notices."""
