"""What partners hand in: bounded, strict, coded; the only free text is a name and an e-mail address."""

import re
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from common.events.base import Code, Language, MunicipalityCode, NationalityGroup
from common.terms import Listed, Within

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d.{0,24}", re.ASCII)


def _in_words(value: object) -> object:
    """A moment is a text after RFC 3339: a number, or digits in a text, would be taken for seconds since 1970."""
    if not isinstance(value, datetime) and not (isinstance(value, str) and _MOMENT.fullmatch(value)):
        raise PydanticCustomError("datetime_parsing", "is not a date and time with its offset from UTC")
    return value


Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f<>]+$", examples=["A. Example"])]
Email = Annotated[
    str, Field(max_length=254, pattern=r"^[^@\s\x00-\x1f\x7f<>,;\"]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$", examples=["a.example@example.org"])
]
PersonNumber = Annotated[int, Field(ge=1, le=50, examples=[1])]
CaseTypeCode = Annotated[Code, Listed("case_types"), Field(examples=["fast_track_non_eu"])]
ProductCode = Annotated[Code, Listed("products"), Field(examples=["brp_first_registration"])]
Purpose = Annotated[Code, Listed("purposes"), Field(examples=["highly_skilled_migrant"])]
DocumentType = Annotated[Code, Listed("document_types"), Field(examples=["passport"])]
Channel = Annotated[Code, Listed("channels"), Field(examples=["api"])]
InitiatorRole = Annotated[Code, Listed("initiator_roles"), Field(examples=["employer"])]
Municipality = Annotated[MunicipalityCode, Listed("municipalities")]
Service = Annotated[Code, Listed("services"), Field(examples=["information_point"])]
Theme = Annotated[Code, Listed("themes"), Field(examples=["social_security"])]
Country = Annotated[Code, Listed("countries"), Field(examples=["be"])]
Organisation = Annotated[Code, Listed("organisations"), Field(examples=["university"])]
Happened = Annotated[AwareDatetime, Within("occurred_at"), BeforeValidator(_in_words), Field(strict=False)]


class Handed(BaseModel):
    """Part of a submission; unknown fields are faults. The gateway reads camelCase only, the store reads the names as they are."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", alias_generator=to_camel, validate_by_name=True, hide_input_in_errors=True
    )


class ContactDetails(Handed):
    """How to reach somebody: personal data, kept here and told on one restricted topic only."""

    name: Name
    email: Email


class Person(Handed):
    """A member of the household, known by a number within the case; the first is the main applicant."""

    number: PersonNumber
    nationality_group: NationalityGroup
    language: Language
    documents: tuple[DocumentType, ...] = Field(default=(), max_length=20, description="Types of documents that this person holds already.")
    contact: ContactDetails | None = Field(default=None, description="Only where it differs from that of the case.")


class FormalityAsked(Handed):
    """A product for some persons of the household."""

    product: ProductCode
    persons: tuple[PersonNumber, ...] = Field(min_length=1, max_length=50)


class CaseSubmitted(Handed):
    """A household asks for formalities; data of `nl.arbeidsmarktdiensten.case-submitted.v1`."""

    case_type: CaseTypeCode
    purpose: Purpose
    municipality_code: Municipality = Field(description="CBS code of the municipality where the household lives or will live.")
    language: Language = Field(description="The language in which the client wants to hear from us.")
    channel: Channel
    initiator_role: InitiatorRole
    organisation_id: Organisation | None = Field(
        default=None, description="The organisation that the partner acts for; left out, the partner's own if it is one."
    )
    journey_id: UUID | None = Field(default=None, description="Joins the cases of one household over time.")
    contact: ContactDetails
    persons: tuple[Person, ...] = Field(min_length=1, max_length=50)
    formalities: tuple[FormalityAsked, ...] = Field(min_length=1, max_length=20)
    arrives_on: Annotated[date, Within("arrives_on")] | None = Field(default=None, description="First day in the country.")
    starts_on: Annotated[date, Within("starts_on")] | None = Field(default=None, description="First day of work or study.")
    stay_months: Annotated[int, Within("stay_months")] | None = Field(
        default=None, ge=0, le=1200, description="Intended stay; up to four months is no residence."
    )
    not_before: Annotated[date, Within("not_before")] | None = Field(default=None, description="No visit before this day.")


class QuestionAsked(Handed):
    """A cross-border question that has been answered or passed on; data of `nl.arbeidsmarktdiensten.question-asked.v1`."""

    case_type: CaseTypeCode
    service: Service
    theme: Theme
    language: Language
    channel: Channel
    initiator_role: InitiatorRole
    country_of_residence: Country
    country_of_work: Country
    nationality_group: NationalityGroup
    municipality_code: Municipality | None = Field(default=None, description="Left out, that of the counter.")
    first_line: bool = Field(description="Answered by the counter itself, not by a back office.")
    response_minutes: Annotated[int, Within("response_minutes")] = Field(ge=0, le=1_000_000)
    persons: Annotated[int, Within("persons_of_a_question")] = Field(default=1, ge=1, le=1000)
    occurred_at: Happened
    client_pseudonym: UUID | None = Field(default=None, description="Always the same for one client; left out, the contact is anonymous.")
    contact: ContactDetails | None = None
    organisation_id: Organisation | None = None
    journey_id: UUID | None = None


class ContactMade(Handed):
    """A client and a service have spoken; data of `nl.arbeidsmarktdiensten.contact-registered.v1`."""

    service: Service
    channel: Channel
    direction: Literal["in", "out", "two_way"]
    themes: tuple[Theme, ...] = Field(min_length=1, max_length=10)
    language: Language
    succeeded: bool
    occurred_at: Happened
    country_of_residence: Country | None = None
    country_of_work: Country | None = None
    client_pseudonym: UUID | None = Field(default=None, description="Always the same for one client; left out, the contact is anonymous.")
    organisation_id: Organisation | None = None


def country_pair(residence: str | None, work: str | None) -> str | None:
    """Where a client lives and works, in that order."""
    return f"{residence}_{work}" if residence and work else None
