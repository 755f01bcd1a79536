"""What the auditor reads and asks: its principal on Kafka, its role, its topics and the services; rights are made from this."""

from common.events.catalogue import EVENTS
from common.events.lane import PARKED

NAME = "auditor"
"""Of its principal on Kafka, its role for tokens, its image and its Deployment."""
SERVICES = tuple(PARKED)
"""The services, which are also the names of their consumer groups."""
TOPICS = tuple(sorted(topic for topic, event in EVENTS.items() if not event.personal))
"""Every topic but those that hold personal data."""
