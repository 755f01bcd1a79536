"""What each event is called in a timeline that people read."""

TITLES = {
    "case.created": "Request received",
    "case.screened": "Request screened by the rules",
    "case.information-requested": "Missing documents asked for",
    "case.information-received": "Documents received",
    "case.status-changed": "Status changed",
    "case.referred": "Referred to another organisation",
    "case.closed": "Case closed",
    "bsn.issued": "Citizen service number issued",
    "permit.decided": "Decision on the permit",
    "contact.registered": "Contact with the client",
    "question.answered": "Question answered",
    "visit.proposed": "Day chosen for the visit",
    "visit.confirmed": "Visit confirmed",
    "visit.deferred": "No day found yet for the visit",
    "visit.cancelled": "Visit cancelled",
    "appointment.booked": "Desk and time booked",
    "appointment.checked-in": "Checked in at the desk",
    "appointment.started": "Called to the desk",
    "appointment.completed": "Appointment finished",
    "appointment.cancelled": "Appointment cancelled",
    "appointment.no-show": "Nobody came",
    "formality.completed": "Formality settled",
    "notification.requested": "Message asked for",
    "notification.sent": "Message sent",
    "notification.failed": "Message not sent",
    "notification.suppressed": "Message left out",
    "intake.parked": "Waits for help in intake",
    "scheduling.parked": "Waits for help in scheduling",
    "notifications.parked": "Waits for help in notifications",
}


def title_of(topic: str) -> str:
    """The title of an event, or its topic in words where nobody has named it yet."""
    return TITLES.get(topic) or topic.replace(".", " ").replace("-", " ").capitalize()
