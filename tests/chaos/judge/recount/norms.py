"""What is to be done within a norm, counted again: K5, K6."""

from collections.abc import Iterator, Sequence
from datetime import date

from chaos.judge.recount.words import Cases, Events, Figure, Region, Row, Share, median, nearest_rank


def numbers_issued(events: Events, region: Region) -> Iterator[Row]:
    """K5: citizen service numbers, from the start of the clock to the day of issue."""
    cases = Cases(events)
    for one in events["bsn.issued"]:
        said = one.data
        start, day = date.fromisoformat(said["clockStart"]), date.fromisoformat(said["issuedOn"])
        norm = region.norm("bsn_issued", start)
        if norm is not None:
            by = {**cases.of(one.key), "route": said["route"], "start_event": said["startEvent"], "norm_days": norm}
            yield _measured(one.id, start, day, norm, by)


def permits_decided(events: Events, region: Region) -> Iterator[Row]:
    """K6: permits, from application to decision, granted or not."""
    cases = Cases(events)
    for one in events["permit.decided"]:
        said = one.data
        start, day = date.fromisoformat(said["appliedOn"]), date.fromisoformat(said["decidedOn"])
        norm = region.norm("permit_decided", start)
        if norm is not None and region.names("k06", "purpose", said["purpose"], day):
            yield _measured(
                one.id, start, day, norm, {**cases.of(one.key), "purpose": said["purpose"], "granted": str(said["granted"]).lower()}
            )


def within_norm(rows: Sequence[Row]) -> Figure:
    days = [row.more["days"] for row in rows]
    within = Share(sum(row.role == "within_norm" for row in rows), len(rows))
    return Figure(len(rows), within, {"median_days": median(days), "p90_days": nearest_rank(days, 9)})


def _measured(event: str, start: date, day: date, norm: int, by: dict[str, object]) -> Row:
    days = (day - start).days
    return Row(event, day, "within_norm" if days <= norm else "beyond_norm", by, {"days": days})
