"""Writes letters from messages and contacts, with the words of a region."""

from common.events.base import Language
from notifications.domain import CancelledVisit, Contact, Message, PlannedVisit, Template
from notifications.domain.policy import in_force
from notifications.ports import Invitation, Letter
from notifications.wording.invitations import Correspondents, Inviting
from notifications.wording.names import isolated, one_line
from notifications.wording.placeholders import Speaker
from notifications.wording.region import Region
from notifications.wording.samples import NAME, samples
from notifications.wording.templates import Rendered

INVITED = frozenset({Template.VISIT_CONFIRMED, Template.VISIT_CANCELLED})


class RegionWording:
    """The wording of one region; `sender_address` is who invites."""

    def __init__(self, region: Region, sender_address: str) -> None:
        self._region, self._sender_address = region, sender_address

    def locale(self, template: Template, language: Language) -> Language:
        """The language a message is said in: the preferred one where it has a template, else the region's fallback."""
        return language if self._region.wordings.has(template, language) else self._region.languages.fallback

    def write(self, message: Message, contact: Contact) -> Letter:
        """The message in the contact's language; raises `NoWords`."""
        locale = self.locale(message.template, contact.language)
        speaker = Speaker(self._region, locale, message.requested_at.date())
        name, sender = one_line(contact.name), self._sender(message, locale)
        rendered = self.render(message, locale, name, speaker)
        return Letter(
            message_id=message.id,
            locale=locale,
            preferred_locale=contact.language,
            template_version=rendered.version,
            sender_name=sender,
            to_name=name,
            to_address=contact.email,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            invitations=self._invitations(message, speaker, Correspondents(sender, self._sender_address, name, one_line(contact.email))),
        )

    def render(self, message: Message, locale: Language, name: str, speaker: Speaker | None = None) -> Rendered:
        """The words of a message; raises `NoWords`."""
        speaker = speaker or Speaker(self._region, locale, message.requested_at.date())
        sender = in_force(self._region.senders, message.requested_at.date())
        placeholders: dict[str, object] = {
            **speaker.say(message.facts),
            "name": isolated(name),
            "sender": sender.name[locale],
            "contact": sender.contact[locale],
            "reference": str(message.case_id),
        }
        return self._region.wordings.render(message.template, locale, placeholders)

    def templates(self) -> list[tuple[Template, Language, str]]:
        """Every template with its language and version."""
        wordings = self._region.wordings
        return [(key, language, wordings.version(key, language)) for key, language in wordings.files]

    def preview(self, template: Template, language: Language) -> Rendered:
        """A template filled with made-up facts."""
        return self.render(next(samples(self._region, template, language)), language, NAME)

    def _sender(self, message: Message, locale: Language) -> str:
        return in_force(self._region.senders, message.requested_at.date()).name[locale]

    def _invitations(self, message: Message, speaker: Speaker, people: Correspondents) -> tuple[Invitation, ...]:
        if message.template not in INVITED or not isinstance(message.facts, PlannedVisit | CancelledVisit):
            return ()
        return tuple(Inviting(message.facts, speaker, people, message.requested_at).invitations())
