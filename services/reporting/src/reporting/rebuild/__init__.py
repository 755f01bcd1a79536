"""Reads the log again beside the live store and holds every figure of both against each other, to the last digit."""
