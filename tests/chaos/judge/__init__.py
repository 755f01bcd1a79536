"""Judges a chaos run by what it has left behind: ledgers, the log, copies of the stores, public answers. It knows nothing of the code."""
