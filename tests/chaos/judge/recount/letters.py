"""What became of messages, counted again: K20."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from chaos.judge.logged import Told
from chaos.judge.recount.words import Cases, Events, Figure, Region, Row, Share

ENDS = ("notification.sent", "notification.failed", "notification.suppressed")


def messages(events: Events, region: Region) -> Iterator[Row]:
    """Each message that was asked for, with its last outcome; one that was sent stays so."""
    cases, ends, asked = Cases(events), dict[str, Told](), dict[str, Told]()
    for one in sorted((one for topic in ENDS for one in events[topic]), key=_end):
        ends[one.data["messageId"]] = one
    for one in sorted(events["notification.requested"], key=_when, reverse=True):
        asked[one.data["messageId"]] = one
    for id_, one in asked.items():
        said, end = one.data, ends[id_].data if id_ in ends else {}
        by = {**cases.of(one.key), "template": said["templateKey"], "channel": said["channel"], "locale": said["locale"]}
        told = {"preferred": end.get("locale") == end.get("preferredLocale"), "fallback": end.get("localeFallback") is True}
        yield Row(one.id, region.day(said["occurredAt"]), _role(ends.get(id_)), by, told)


def quality(rows: Sequence[Row]) -> Figure:
    sent = [row for row in rows if row.role == "sent"]
    details = {
        "preferred_language": Share(sum(row.more["preferred"] for row in sent), len(sent)),
        "language_fallback": Share(sum(row.more["fallback"] for row in sent), len(sent)),
        **{role: sum(row.role == role for row in rows) for role in ("failed", "unknown", "suppressed")},
    }
    return Figure(len(rows), Share(len(sent), len(rows)), details)


def _when(one: Told) -> tuple[datetime, str]:
    return datetime.fromisoformat(one.data["occurredAt"]), one.id


def _end(one: Told) -> tuple[bool, datetime, str]:
    return one.topic == "notification.sent", *_when(one)


def _role(end: Told | None) -> str:
    if end is None:
        return "under_way"
    return str(end.data["outcome"]) if end.topic == "notification.failed" else end.topic.rpartition(".")[2]
