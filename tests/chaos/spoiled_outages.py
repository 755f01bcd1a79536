"""Outages that did not show, and a partner who held up others: for each invariant about them one way at least."""

import re
from typing import Any

from chaos.clean_outages import BEGAN, OTHER, WELL, hand_in
from chaos.run_folder import RunFolder

SHOW, PASS = "an outage shows on its gauge, in the log, and in the answer that must change", "an outage that is over shows so again"
LIVE, INTAKE = "liveness asks for no restart because of it", "intake stays ready while Kafka alone is away"
REFUSED = "a store from before is refused and recovered"
OTHERS, HIMSELF, BREAKER = (
    "what one partner sends keeps no other out",
    "who has too much parked is asked to wait himself",
    "the breaker stays closed whatever one partner sends",
)


def always(service: str, **values: Any) -> Any:
    """All looks at a service say this."""

    def spoil(run: RunFolder) -> None:
        for look in run.ledgers["looks"]:
            if look["replica"] == f"{service}-1":
                look.update(values)

    return spoil


def never_said(service: str, word: str) -> Any:
    """A log without lines of a kind."""

    def spoil(run: RunFolder) -> None:
        name = f"{service}-1.log"
        run.output[name] = re.sub(rf'\{{"event": "{word}".*\n', "", run.output[name])

    return spoil


def never_done(fault: str) -> Any:
    """A ledger without lines of a kind."""

    def spoil(run: RunFolder) -> None:
        run.ledgers["faults"] = [line for line in run.ledgers["faults"] if line["fault"] != fault]

    return spoil


def unanswered(run: RunFolder) -> None:
    """A process that says nothing for five looks."""
    run.ledgers["looks"] += [{**WELL, "at": BEGAN + 300 + n, "replica": "scheduling-1", "live": 0} for n in range(5)]


def taken_all_the_same(run: RunFolder) -> None:
    run.ledgers["calls"][-3] |= {"phase": "ok", "status": 202}


SPOILED_OUTAGES = (
    (SHOW, always("reporting", connected=1.0)),
    (SHOW, always("reporting", fetch_age=0.1)),
    (SHOW, always("reporting", lags_unknown=0)),
    (SHOW, always("reporting", complete=True)),
    (SHOW, always("reporting", ready=200)),
    (SHOW, always("reporting", paused=0.0)),
    (SHOW, always("reporting", store=1.0)),
    (PASS, always("reporting", store=0.0)),
    (SHOW, always("notifications", provider=1.0)),
    (SHOW, never_said("reporting", "kafka lost")),
    (SHOW, never_said("reporting", "not ready")),
    (SHOW, never_said("reporting", "paused")),
    (SHOW, never_said("notifications", "mail server away")),
    (PASS, always("reporting", connected=0.0)),
    (PASS, always("reporting", behind=None)),
    (PASS, always("notifications", provider=0.0)),
    (PASS, never_said("reporting", "kafka back")),
    (PASS, never_said("reporting", "ready")),
    (PASS, never_said("notifications", "mail server back")),
    (LIVE, always("intake", live=503)),
    (LIVE, unanswered),
    (INTAKE, always("intake", ready=503)),
    (OTHERS, lambda run: hand_in(run, "kept out", "refused", 429, OTHER)),
    (OTHERS, lambda run: hand_in(run, "kept out", "unknown", 503, OTHER)),
    (HIMSELF, taken_all_the_same),
    (BREAKER, always("intake", breaker=1.0)),
    (REFUSED, never_done("refused")),
    (REFUSED, never_done("recovered")),
)
