"""The builds that the simulation has to notice: those of all rigs, two broken in what only it has, and one without bounds."""

from datetime import date

from broken_builds import (
    Patch,
    Sabotage,
    act_not_taken_out_before_it_runs,
    commit_before_the_batch_is_settled,
    events_of_an_aggregate_sent_at_once,
    lane_redriven_newest_first,
    letter_sent_before_its_claim_is_saved,
    no_marks,
    outbox_cleared_before_the_acknowledgement,
    parked_lanes_forgotten,
    records_settled_before_the_parked_lanes_are_known,
    retry_after_an_unknown_outcome,
    slots_claimed_before_the_intention_is_written,
    store_outage_parks_lanes,
    told_before_it_is_saved,
)

from common.terms import Bounds, Span
from simulation.consumer import SimulatedConsumer
from simulation.stores import DurableStore


def no_compare_and_set(patch: Patch) -> None:
    patch.setattr(DurableStore, "checks_versions", False)


def offsets_start_at_latest(patch: Patch) -> None:
    patch.setattr(SimulatedConsumer, "start_at_end", True)


def bounds_forgotten(patch: Patch) -> None:
    """Any day and any number is taken."""

    def on(bounds: Bounds, _day: date) -> dict[str, Span]:
        days = {row.name: (date.min, date.max) for row in bounds.days}
        return {**days, **{row.name: (0, 2**31) for row in bounds.numbers}}

    patch.setattr(Bounds, "on", on)


BROKEN: tuple[Sabotage, ...] = (
    commit_before_the_batch_is_settled,
    outbox_cleared_before_the_acknowledgement,
    told_before_it_is_saved,
    events_of_an_aggregate_sent_at_once,
    no_marks,
    no_compare_and_set,
    offsets_start_at_latest,
    bounds_forgotten,
    letter_sent_before_its_claim_is_saved,
    act_not_taken_out_before_it_runs,
    retry_after_an_unknown_outcome,
    slots_claimed_before_the_intention_is_written,
    lane_redriven_newest_first,
    parked_lanes_forgotten,
    records_settled_before_the_parked_lanes_are_known,
    store_outage_parks_lanes,
)
