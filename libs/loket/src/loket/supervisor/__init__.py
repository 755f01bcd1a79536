"""Runs the platform on one machine: Kafka, the mailbox and the four services as processes, started, watched and stopped in order."""

from loket.supervisor.folder import StateFolder
from loket.supervisor.layout import SERVICES, Layout, Ports
from loket.supervisor.supervisor import Supervisor

__all__ = ["SERVICES", "Layout", "Ports", "StateFolder", "Supervisor"]
