"""How a case begins: from a submission, or from a question that has been answered."""

from datetime import datetime
from uuid import UUID

from common.events.case import CaseCreated
from common.events.contact import ContactRegistered, QuestionAnswered
from common.events.party import PartyContactChanged
from common.ids import derived
from intake.domain.case import Case
from intake.domain.contact import pseudonym
from intake.domain.messages import RecordQuestion, ScreenCase, SubmitCase
from intake.domain.progress import Formality
from intake.domain.submission import country_pair


def open_case(command: SubmitCase, catalogue_version: str, now: datetime) -> Case:
    """A submission becomes one case with its formalities; how to reach the party is told first."""
    asked = command.handed_in
    case = Case(
        id=command.id,
        correlation=_journey(command.id, asked.journey_id),
        fingerprint=command.fingerprint,
        partner_id=command.partner_id,
        organisation_id=command.organisation_id,
        initiator_role=asked.initiator_role,
        channel=asked.channel,
        case_type=asked.case_type,
        purpose=asked.purpose,
        municipality_code=asked.municipality_code,
        language=asked.language,
        nationality_group=asked.persons[0].nationality_group,
        household_size=len(asked.persons),
        journey_id=_journey(command.id, asked.journey_id),
        party_id=derived("party", command.id),
        received_at=now,
        contact=asked.contact,
        persons=asked.persons,
        formalities=tuple(
            Formality(id=derived("formality", command.id, place), product=one.product, persons=one.persons)
            for place, one in enumerate(asked.formalities)
        ),
        stay_months=asked.stay_months,
        not_before=max((day for day in (asked.not_before, asked.arrives_on) if day is not None), default=None),
    )
    return _tell_opened(case, catalogue_version, now)


def open_question(command: RecordQuestion, catalogue_version: str, now: datetime) -> Case:
    """A question is a case without formalities; its contact and its answer are told with it."""
    asked = command.handed_in
    case = Case(
        id=command.id,
        correlation=_journey(command.id, asked.journey_id),
        fingerprint=command.fingerprint,
        partner_id=command.partner_id,
        organisation_id=command.organisation_id,
        initiator_role=asked.initiator_role,
        channel=asked.channel,
        case_type=asked.case_type,
        purpose=command.purpose,
        municipality_code=command.municipality_code,
        language=asked.language,
        nationality_group=asked.nationality_group,
        household_size=asked.persons,
        journey_id=_journey(command.id, asked.journey_id),
        party_id=derived("party", command.id),
        received_at=now,
        contact=asked.contact,
        formalities=(),
    )
    return _tell_answered(_tell_opened(case, catalogue_version, now), command)


def _tell_answered(case: Case, command: RecordQuestion) -> Case:
    """A question is a contact too."""
    asked = command.handed_in
    case.tell(
        ContactRegistered(
            occurred_at=asked.occurred_at,
            case_id=case.id,
            contact_id=derived("contact", case.id),
            service=asked.service,
            channel=asked.channel,
            direction="two_way",
            themes=(asked.theme,),
            country_pair=country_pair(asked.country_of_residence, asked.country_of_work),
            language=asked.language,
            succeeded=True,
            client_pseudonym=pseudonym(command.partner_id, asked.client_pseudonym),
            organisation_id=command.organisation_id,
        )
    )
    return case.tell(
        QuestionAnswered(
            occurred_at=asked.occurred_at,
            case_id=case.id,
            service=asked.service,
            theme=asked.theme,
            first_line=asked.first_line,
            response_minutes=asked.response_minutes,
            country_of_residence=asked.country_of_residence,
            persons=asked.persons,
        )
    )


def _tell_opened(case: Case, catalogue_version: str, now: datetime) -> Case:
    if case.contact is not None:
        case.tell(
            PartyContactChanged(
                occurred_at=now,
                party_id=case.party_id,
                name=case.contact.name,
                email=case.contact.email,
                language=case.language,
                revision=1,
            )
        )
    case.tell(
        CaseCreated(
            occurred_at=now,
            case_id=case.id,
            case_type=case.case_type,
            catalogue_version=catalogue_version,
            initiator_role=case.initiator_role,
            partner_id=case.partner_id,
            organisation_id=case.organisation_id,
            channel=case.channel,
            language=case.language,
            party_id=case.party_id,
            municipality_code=case.municipality_code,
            nationality_group=case.nationality_group,
            purpose=case.purpose,
            household_size=case.household_size,
            journey_id=case.journey_id,
            formalities=tuple(formality.wanted() for formality in case.formalities),
            reachable=case.contact is not None,
        )
    )
    return case.then(ScreenCase(case_id=case.id))


def _journey(case_id: UUID, given: UUID | None) -> UUID:
    return given or derived("journey", case_id)
