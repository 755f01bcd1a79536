"""Fakes that ship with the chassis, held to the same contract suites as what they stand in for."""

from common.testing.service import app, offline

__all__ = ["app", "offline"]
