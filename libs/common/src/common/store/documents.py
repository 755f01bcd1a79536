"""How aggregates and their outbox lie in MongoDB's documents, and filters over declared fields."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from common.aggregate import Aggregate, How
from common.store.coalescing import Saving
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
            **{name: document[name] for name in Entry._fields if name in document},
            **ids,
            "how": How(document["how"]),
            "time": datetime.fromisoformat(document["time"]),
            "data": document["data"].encode(),
        }
    )


def creation(saving: Saving, token: str) -> dict[str, Any]:
    """The document of an aggregate that is saved for the first time; `token` tells this save from any other."""
    entries = [document_of(entry) for entry in saving.entries]
    return {"_id": saving.key[1], **_state(saving, token), "outbox": entries, "outbox_n": len(entries)}


def change(saving: Saving, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Filter and change that save an aggregate, if its version is still the one expected; its outbox only grows."""
    made: dict[str, Any] = {"$set": _state(saving, token)}
    if entries := [document_of(entry) for entry in saving.entries]:
        made |= {"$push": {"outbox": {"$each": entries}}, "$inc": {"outbox_n": len(entries)}}
    return {"_id": saving.key[1], "version": saving.version - 1}, made


def _state(saving: Saving, token: str) -> dict[str, Any]:
    return {
        "version": saving.version,
        "write_id": token,
        "state": orjson.loads(saving.document),
        "ix": saving.indexed,
        "due": saving.due or "",
    }


def in_order(entries: Iterable[Mapping[str, Any]]) -> tuple[Entry, ...]:
    """The entries of a document by position; servers promise no order."""
    return tuple(sorted(map(entry_of, entries), key=lambda entry: entry.position))


def pull(id_: str, position: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Filter and change that take one entry out, if it is there."""
    return {"_id": id_, "outbox.position": position}, {"$pull": {"outbox": {"position": position}}, "$inc": {"outbox_n": -1}}


def clear(id_: str, entry: Mapping[str, Any], keep_since: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Filter and change that clear one entry that has been carried out; an event may be kept as acknowledged."""
    found, change = pull(id_, entry["position"])
    if keep_since is not None and entry["how"] == How.TELL:
        change["$push"] = {"acknowledged": {**entry, "since": keep_since}}
    return found, change


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
