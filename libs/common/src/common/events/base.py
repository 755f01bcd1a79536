"""What every message is, and the words that messages are made of."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


@dataclass(frozen=True)
class Coded:
    """Marks every field that holds a code."""


Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$", examples=["brp_first_registration"]), Coded()]
"""A word from a list (`common.events.codes` says which, and where it stands); never free text."""

Language = Annotated[Literal["nl", "en", "de", "fr"], Field(examples=["en"])]
MunicipalityCode = Annotated[str, Field(pattern=r"^GM[0-9]{4}$", examples=["GM0935"])]
NationalityGroup = Annotated[Literal["nl", "eu_eea_ch", "other"], Field(examples=["other"])]
Count = Annotated[int, Field(ge=0, le=1000, examples=[2])]
Moment = Annotated[AwareDatetime, Field(examples=["2026-11-24T09:00:00Z"])]


class Message(BaseModel):
    """What a handler can be given: an event from Kafka, a command from HTTP, or a step."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, validate_by_name=True, hide_input_in_errors=True)


class Tombstone(Message):
    """What a compacted topic says once the value under a key is gone for good: a record with that key and without a value."""

    topic: ClassVar[str]

    @classmethod
    def under(cls, key: str) -> Self:
        """The tombstone under a key; raises `ValueError` when the topic has no such keys."""
        raise NotImplementedError

    @property
    def key(self) -> str:
        """The key whose value is gone."""
        raise NotImplementedError


class Event(Message):
    """A fact, told by one service on its own topic; `version` is that of the contract."""

    topic: ClassVar[str]
    version: ClassVar[int] = 1
    publisher: ClassVar[str]
    compacted: ClassVar[bool] = False
    tombstone: ClassVar[type[Tombstone] | None] = None
    """What a record without a value says; a topic that is not compacted has no such records."""

    personal: ClassVar[bool] = False
    """Whether it holds personal data; one topic alone may."""

    outward: ClassVar[bool] = False
    """Whether it is told for listeners outside the four services, so that none of them needs to hear it."""

    occurred_at: Moment

    @property
    def key(self) -> str:
        """The Kafka key: the case where there is one, else the id of the thing it is about."""
        raise NotImplementedError


class CaseEvent(Event):
    """A fact that belongs to a case, and therefore travels under the case's key."""

    case_id: UUID

    @property
    def key(self) -> str:
        return str(self.case_id)


class Step(Message):
    """A message that an aggregate leaves for its own service."""
