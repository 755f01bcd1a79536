"""How aggregates and their outbox lie in MongoDB's documents, and filters over declared fields."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from common.aggregate import Aggregate, How
from common.store.port import Entry, Range, Value, indexed_fields, plain


def document_of(entry: Entry) -> dict[str, Any]:
    """An entry as it lies in the outbox of its document."""
    document = entry._asdict()
    for name in ("id", "correlation", "causation"):
        document[name] = None if document[name] is None else str(document[name])
    return {**document, "how": str(entry.how), "time": plain(entry.time), "data": entry.data.decode()}


def entry_of(document: Mapping[str, Any]) -> Entry:
    """The entry that was laid there."""
    ids = {name: UUID(document[name]) if document[name] else None for name in ("id", "correlation", "causation")}
    return Entry(
        **{
            **document,
            **ids,
            "how": How(document["how"]),
            "time": datetime.fromisoformat(document["time"]),
            "data": document["data"].encode(),
        }
    )


def in_order(document: Mapping[str, Any]) -> tuple[Entry, ...]:
    """The outbox of a document by position; servers promise no order."""
    return tuple(sorted((entry_of(entry) for entry in document["outbox"]), key=lambda entry: entry.position))


def filter_of(kind: type[Aggregate], where: Mapping[str, Value | Range]) -> dict[str, Any]:
    """The filter of a query over declared fields."""
    terms: dict[str, Any] = {}
    for field, value in where.items():
        declared(kind, field)
        if isinstance(value, Range):
            bounds = {operator: plain(bound) for operator, bound in (("$gte", value.start), ("$lt", value.end)) if bound is not None}
            terms |= {f"ix.{field}": bounds} if bounds else {}
        else:
            terms[f"ix.{field}"] = plain(value)
    return terms


def declared(kind: type[Aggregate], field: str) -> None:
    """Refuse a field that is in no index."""
    if field not in indexed_fields(kind):
        raise LookupError(f"{kind.__name__}.{field} is in no index, so nothing can be found by it.")
