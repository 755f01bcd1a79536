"""What scheduling can be told by its environment."""

from datetime import timedelta

from pydantic import Field

from common.settings import ServiceSettings


class Settings(ServiceSettings):
    """The settings of every service, and how long the planner believes its memory."""

    agenda_memory_seconds: float = Field(
        default=5, gt=0, description="How long the planner believes the agendas that it has read; a lost race reads one again."
    )
    proposal_memory_seconds: float = Field(
        default=60, gt=0, description="How long the planner keeps a slot for a visit whose claim it has not seen."
    )

    @property
    def fresh_for(self) -> timedelta:
        """How long agendas that were read are believed."""
        return timedelta(seconds=self.agenda_memory_seconds)

    @property
    def believed_for(self) -> timedelta:
        """How long a proposal that was not seen claimed is believed."""
        return timedelta(seconds=self.proposal_memory_seconds)
