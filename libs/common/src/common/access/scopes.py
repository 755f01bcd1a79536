"""What can be allowed, and which role is allowed what: the table that an issuer of tokens is set up by."""

from collections.abc import Mapping

SCOPES: Mapping[str, str] = {
    "events:write": "Hand in events, as the partner that the token names",
    "submissions:read": "See how far that partner's own submissions are",
    "cases:list": "List cases, without personal data",
    "cases:read": "Read cases with their personal data",
    "cases:write": "Record documents, decisions and numbers issued; withdraw",
    "desks:read": "Read locations, desks and their day lists",
    "visits:read": "Read visits and appointments",
    "visits:write": "Plan, check in, start, complete and cancel",
    "closures:read": "Read closures ordered at run time",
    "closures:write": "Close and open desks and locations",
    "messages:read": "See where messages are, never their words",
    "messages:write": "Send a message again, count an unknown one as sent",
    "templates:read": "Read templates, filled with made-up facts",
    "timelines:read": "Read what happened to a case",
    "indicators:read": "Read figures and the events behind them",
    "processing-records:read": "Export processing records: what was done with whose personal data, by pseudonym",
    "lanes:read": "See parked lanes",
    "lanes:write": "Redrive or discard a lane, close the breaker",
}

ROLES: Mapping[str, tuple[str, ...]] = {
    "partner": ("events:write", "submissions:read"),
    "desk": ("desks:read", "visits:read", "visits:write"),
    "case-worker": (
        *("cases:list", "cases:read", "cases:write", "desks:read", "visits:read", "visits:write", "closures:read", "closures:write"),
        *("messages:read", "messages:write", "templates:read", "timelines:read"),
    ),
    "analyst": ("indicators:read",),
    "privacy-officer": ("processing-records:read",),
    "auditor": ("cases:list", "desks:read", "timelines:read", "indicators:read", "lanes:read"),
    "ops": ("lanes:read", "lanes:write", "timelines:read", "messages:read", "templates:read"),
}

EVERY = "*"
"""In a token's `locations` or `organisations`: all of them. A token that names none reaches none."""
