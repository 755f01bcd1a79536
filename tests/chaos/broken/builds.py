"""Every broken build, with the faults that provoke it and the invariants that are to notice it."""

from typing import NamedTuple

import broken_builds
from broken_builds import Sabotage

from chaos.broken import increments, outages, partners, stores, switches


class Build(NamedTuple):
    """What is broken."""

    says: str
    apply: Sabotage
    profile: str
    """What the rig has to do to it, in the words of `python -m chaos --profile`."""
    caught_by: frozenset[str]
    """Names of the invariants that are about what is broken; others may be red beside them."""
    durations: tuple[int, ...] = (20, 40, 60, 60)
    """Seconds of faults of one attempt after the other: three minutes in all. What needs days of the shared clock needs long ones."""


TOLD, GHOSTS, ORDER, EQUAL = (
    "what was saved is in the log",
    "what is in the log was saved",
    "per source 1, 2, 3 …, in one partition",
    "repeats are byte-equal",
)
SLOTS, AGENDAS, TURNS = "no slot is given twice", "what agendas give is what visits hold", "slots change hands one after the other"
TAKEN_IN = "sources are taken in in their order"
FACTS, FIGURES, HEARD, ENDS = (
    "facts are the events of the log",
    "indicators are a recount of the log",
    "who is to hear has been told",
    "cases have come to their end",
)
LOST = "no more is unknown and was never handed over than there were connections"
ONCE, OFF, COMMITTED, KEPT = "letters go once", "nothing goes that is off", "every group has committed the end", "nothing else is kept"
OTHERS, STAYS_CLOSED = "what one partner sends keeps no other out", "the breaker stays closed whatever one partner sends"
REFUSED = "a store from before is refused and recovered"
DRAINED = "drained within 60 s of the last fault"
SHOWN = "an outage shows on its gauge, in the log, and in the answer that must change"
ALIVE, TAKES = "liveness asks for no restart because of it", "intake stays ready while Kafka alone is away"


BUILDS: dict[str, Build] = {
    "commit-before-save": Build(
        "offsets are committed before the batch is settled",
        broken_builds.commit_before_the_batch_is_settled,
        "sigkill,store_stall",
        frozenset({FACTS, HEARD, ENDS}),
    ),
    "outbox-cleared-before-ack": Build(
        "the outbox is cleared before Kafka has acknowledged",
        broken_builds.outbox_cleared_before_the_acknowledgement,
        "sigkill,broker_kill,wire_cut",
        frozenset({TOLD}),
    ),
    "no-dedupe": Build("a repeated message is another message", switches.no_dedupe, "sigkill,poison:duplicate", frozenset({FACTS})),
    "dedupe-by-time-window": Build(
        "a repeated message is known for ten seconds",
        switches.dedupe_by_time_window,
        "sigkill,poison:duplicate",
        frozenset({FACTS}),
    ),
    "relay-out-of-order": Build("events of an aggregate are sent at once", switches.relay_out_of_order, "none", frozenset({ORDER})),
    "cas-without-version": Build(
        "the last who writes wins",
        switches.no_compare_and_set,
        "sigstop:scheduling,sigkill:scheduling",
        frozenset({SLOTS, AGENDAS, TURNS, TOLD, EQUAL}),
    ),
    "claim-after-send": Build(
        "letters are sent before their claim is saved",
        broken_builds.letter_sent_before_its_claim_is_saved,
        "sigkill:notifications,mail",
        frozenset({ONCE}),
    ),
    "taken-early": Build(
        "letters are taken out of the outbox before there is a connection for them",
        broken_builds.act_taken_before_its_connection_is_held,
        "sigkill:notifications,wire_stall:smtp",
        frozenset({LOST}),
    ),
    "retry-on-unknown": Build(
        "a letter of which nothing is known is sent again", broken_builds.retry_after_an_unknown_outcome, "mail", frozenset({ONCE})
    ),
    "lane-unparked-out-of-order": Build(
        "a redrive begins with the newest record", switches.lane_unparked_out_of_order, "none", frozenset({TAKEN_IN})
    ),
    "indicator-by-increment": Build(
        "an indicator is counted up and never counted again",
        increments.indicator_by_increment,
        "sigkill:reporting,store_stall:reporting,poison:duplicate",
        frozenset({FIGURES}),
        (40, 60, 80),
    ),
    "offset-reset-latest": Build(
        "who has committed nothing begins at the end",
        switches.offsets_start_at_latest,
        "sigkill",
        frozenset({FACTS, HEARD, ENDS, COMMITTED}),
    ),
    "publish-in-handler": Build(
        "events are told before they are saved", broken_builds.told_before_it_is_saved, "sigkill,sigstop", frozenset({GHOSTS, ORDER, EQUAL})
    ),
    "slot-claimed-without-intention": Build(
        "slots are taken before the visit has said that it wants them",
        broken_builds.slots_claimed_before_the_intention_is_written,
        "sigkill:scheduling",
        frozenset({SLOTS, AGENDAS}),
    ),
    "stale-reminder-not-dropped": Build(
        "word of a plan goes though the plan is off", switches.stale_reminder_not_dropped, "clock_shift", frozenset({OFF}), (90, 90)
    ),
    "act-not-taken-out": Build(
        "a letter stays in the outbox while it is handed over",
        broken_builds.act_not_taken_out_before_it_runs,
        "sigkill:notifications,mail",
        frozenset({ONCE}),
    ),
    "store-outage-parks-lanes": Build(
        "a store that is away parks lanes",
        broken_builds.store_outage_parks_lanes,
        "store_stall,disk_full",
        frozenset({KEPT}),
        (40, 60, 80),
    ),
    "cut-off-unsaid": Build(
        "who was connected once counts as connected", outages.cut_off_unsaid, "cutoff_kafka", frozenset({SHOWN}), (60, 60, 60)
    ),
    "liveness-by-readiness": Build(
        "what is not ready is started again", outages.liveness_by_readiness, "cutoff_kafka", frozenset({ALIVE}), (60, 60, 60)
    ),
    "intake-unready-without-kafka": Build(
        "intake takes no cases without Kafka", outages.intake_unready_without_kafka, "cutoff_kafka:intake", frozenset({TAKES}), (60, 60, 60)
    ),
    "keeps-nothing": Build(
        "what Kafka has acknowledged is cleared at once", stores.keeps_nothing, "power_cut", frozenset({TOLD, DRAINED}), (60, 60, 60)
    ),
    "does-not-compare": Build(
        "a store is worked on whatever the log says", stores.does_not_compare, "restore", frozenset({REFUSED}), (60, 60, 60)
    ),
    "breaker-counts-whoever-sent": Build(
        "the breaker counts lanes, whoever sent them", partners.breaker_counts_whoever_sent, "hostile", frozenset({STAYS_CLOSED})
    ),
    "all-wait-for-one": Build(
        "who has too many parked lanes holds up everybody", partners.all_wait_for_one, "hostile", frozenset({OTHERS})
    ),
}
APPLIED: dict[str, Sabotage] = {
    **{name: build.apply for name, build in BUILDS.items()},
    "bug-for-one-partner": partners.bug_for_one_partner,
}
"""What can be run: the builds, and a bug that is no broken promise, against which all must hold."""
