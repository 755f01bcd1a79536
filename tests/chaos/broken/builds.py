"""Every broken build, with the faults that provoke it and the invariants that are to notice it."""

from typing import NamedTuple

import broken_builds
from broken_builds import Sabotage

from chaos.broken import increments, switches


class Build(NamedTuple):
    """What is broken."""

    says: str
    apply: Sabotage
    profile: str
    """What the rig has to do to it, in the words of `python -m chaos --profile`."""
    caught_by: frozenset[str]
    """Codes of the invariants that name this fault; others may be red beside them."""


def _codes(codes: str) -> frozenset[str]:
    return frozenset(codes.split())


BUILDS: dict[str, Build] = {
    "commit-before-save": Build(
        "offsets are committed before the batch is settled",
        broken_builds.commit_before_the_batch_is_settled,
        "sigkill",
        _codes("I9 I10 I17"),
    ),
    "outbox-cleared-before-ack": Build(
        "the outbox is cleared before Kafka has acknowledged",
        broken_builds.outbox_cleared_before_the_acknowledgement,
        "sigkill,broker_kill,wire_cut",
        _codes("I3"),
    ),
    "no-dedupe": Build("a repeated message is another message", switches.no_dedupe, "sigkill:reporting,sigstop:reporting", _codes("I10")),
    "dedupe-by-time-window": Build(
        "a repeated message is known for ten seconds", switches.dedupe_by_time_window, "sigkill:reporting,sigstop:reporting", _codes("I10")
    ),
    "relay-out-of-order": Build("events of an aggregate are sent at once", switches.relay_out_of_order, "none", _codes("I5")),
    "cas-without-version": Build(
        "the last who writes wins", switches.no_compare_and_set, "sigstop:scheduling,sigkill:scheduling", _codes("I3 I4 I5 I7")
    ),
    "claim-after-send": Build(
        "letters are sent before their claim is saved",
        broken_builds.letter_sent_before_its_claim_is_saved,
        "sigkill:notifications,mail",
        _codes("I8"),
    ),
    "retry-on-unknown": Build(
        "a letter of which nothing is known is sent again", broken_builds.retry_after_an_unknown_outcome, "mail", _codes("I8")
    ),
    "lane-unparked-out-of-order": Build(
        "a redrive begins with the newest record", switches.lane_unparked_out_of_order, "none", _codes("I17")
    ),
    "indicator-by-increment": Build(
        "an indicator is counted up and never counted again",
        increments.indicator_by_increment,
        "sigkill:reporting,sigstop:reporting",
        _codes("I10"),
    ),
    "offset-reset-latest": Build(
        "who has committed nothing begins at the end", switches.offsets_start_at_latest, "sigkill", _codes("I10 I11")
    ),
    "publish-in-handler": Build(
        "events are told before they are saved", broken_builds.told_before_it_is_saved, "sigkill,sigstop", _codes("I4 I5")
    ),
    "slot-claimed-without-intention": Build(
        "slots are taken before the visit has said that it wants them",
        broken_builds.slots_claimed_before_the_intention_is_written,
        "sigkill:scheduling",
        _codes("I7"),
    ),
    "stale-reminder-not-dropped": Build(
        "word of a plan goes though the plan is off", switches.stale_reminder_not_dropped, "clock_shift", _codes("I8")
    ),
    "act-not-taken-out": Build(
        "a letter stays in the outbox while it is handed over",
        broken_builds.act_not_taken_out_before_it_runs,
        "sigkill:notifications,mail",
        _codes("I8"),
    ),
    "store-outage-parks-lanes": Build(
        "a store that is away parks lanes", broken_builds.store_outage_parks_lanes, "store_stall,disk_full", _codes("I12")
    ),
}
