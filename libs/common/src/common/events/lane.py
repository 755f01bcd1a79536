"""Facts about lanes that wait for somebody's help; each service tells its own."""

from typing import Annotated, ClassVar

from pydantic import Field

from common.events.base import Code, Event


class _Parked(Event):
    lane: str = Field(max_length=128, examples=["0d2c1f7e-0000-5000-8000-000000000000"])
    source_topic: str = Field(max_length=249, examples=["case.screened"])
    partition: int = Field(ge=-1, examples=[3])
    offset: int = Field(ge=-1, examples=[1041])
    error: Code
    attempts: int = Field(ge=1, examples=[1])
    trace: str = Field(max_length=64, examples=["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"])
    record: Annotated[str, Field(examples=["e30="])] = ""
    """The value of the record in base64, byte for byte; empty where its topic holds personal data."""

    @property
    def key(self) -> str:
        return self.lane


class IntakeParked(_Parked):
    """A lane of intake has been parked."""

    topic: ClassVar[str] = "intake.parked"
    publisher: ClassVar[str] = "intake"


class SchedulingParked(_Parked):
    """A lane of scheduling has been parked."""

    topic: ClassVar[str] = "scheduling.parked"
    publisher: ClassVar[str] = "scheduling"


class NotificationsParked(_Parked):
    """A lane of notifications has been parked."""

    topic: ClassVar[str] = "notifications.parked"
    publisher: ClassVar[str] = "notifications"


class ReportingParked(_Parked):
    """A lane of reporting has been parked."""

    topic: ClassVar[str] = "reporting.parked"
    publisher: ClassVar[str] = "reporting"
    outward: ClassVar[bool] = True


PARKED: dict[str, type[_Parked]] = {
    event.publisher: event for event in (IntakeParked, SchedulingParked, NotificationsParked, ReportingParked)
}
