"""May a published schema change so? Only if every payload that either side writes can be read by the other; else it needs a new version."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from common.events.catalogue import EVENTS
from loket.contracts.schemas import Schema, schema_file
from loket.contracts.services import Platform, handler_of, listeners
from loket.contracts.witness import Witness, witness


@dataclass(frozen=True)
class Break:
    """A change that some reader would trip over, with the payload that shows it."""

    file: str
    who: str
    seen: Witness | None

    def told(self, platform: Platform) -> str:
        """For a person: what breaks, by which payload, and who reads it."""
        if self.seen is None:
            return f"{self.file}: {self.who}."
        return "\n".join(
            [
                f"{self.file}: {self.who}: at {self.seen.place}, {self.seen.reason}",
                f"  witness: {json.dumps(self.seen.payload, ensure_ascii=False)}",
                *(f"  read by {reader}" for reader in _readers(platform, self.file)),
            ]
        )


def breaks(file: str, old: Schema, new: Schema) -> Iterator[Break]:
    """What is wrong with a change of one schema, in both directions."""
    if old == new:
        return
    if lost := witness(old, new):
        yield Break(file, "a record that lies in the log would not be read any more", lost)
    if unread := witness(new, old):
        yield Break(file, "a record of the new kind would not be read by who has not been updated yet", unread)


def compare(old: Path, new: Path) -> Iterator[Break]:
    """Every break between two folders of schemas."""
    for path in sorted(old.glob("*.json")):
        if not (new / path.name).exists():
            yield Break(path.name, "has gone, and its records still lie in the log", None)
        else:
            yield from breaks(path.name, _read(path), _read(new / path.name))


def _read(path: Path) -> Schema:
    schema: Schema = json.loads(path.read_text(encoding="utf-8"))
    return schema


def _readers(platform: Platform, file: str) -> Iterator[str]:
    for event in EVENTS.values():
        if schema_file(event).endswith(file):
            yield from (f"{service.name} ({handler_of(on)[0]})" for service, on in listeners(platform, event))
