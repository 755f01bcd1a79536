"""Values that the driver has planted in every personal field, looked for wherever they must not be."""

import mmap
from base64 import b64decode
from collections.abc import Iterable, Iterator
from pathlib import Path

from chaos.judge.run import Run
from chaos.judge.verdict import Checks, Wrong

PERSONAL_TOPIC = "party.contact-changed"
PERSONAL = {"intake": {"cases", "lanes"}, "notifications": {"contacts", "lanes"}}
"""Collections that may hold personal values; a parked record of the personal topic may lie in a lane."""
ANSWERS = ("statuses.jsonl", "timelines.jsonl", "lists.jsonl", "indicators.jsonl", "metrics.json", "groups.json")


def personal_values_stay(run: Run) -> Checks:
    """I15: neither in what processes wrote out, nor in keys, headers and events, nor in stores of others, nor in answers."""
    markers = [marker.encode() for marker in run.whole("canaries").get("markers", ())]
    if not markers:
        return
    files = [*sorted((run.folder / "output").rglob("*")), *(run.folder / name for name in ANSWERS)]
    for path in files:
        if path.is_file():
            yield _found(path.name, markers, [_content(path)])
    for one in run.log.told:
        spoken = [one.key.encode()] if one.topic == PERSONAL_TOPIC else [one.key.encode(), one.value]
        if one.topic.endswith(".parked"):
            spoken.append(b64decode(one.data["record"]))
        yield _found(f"{one.topic} {one.partition}/{one.offset}", markers, spoken)
    yield _found("headers of the log", markers, _headers(run.folder / "log.jsonl"))
    for service in run.about["topics"]:
        store = run.store(service)
        for collection in store.collections():
            if collection not in PERSONAL.get(service, ()):
                yield _found(f"{collection} of {service}", markers, (repr(document).encode() for document in store.each(collection)))


def _found(where: str, markers: list[bytes], contents: Iterable[bytes | mmap.mmap]) -> Wrong | None:
    for content in contents:
        if any(content.find(marker) >= 0 for marker in markers):
            return Wrong(None, f"a personal value is in {where}")
    return None


def _content(path: Path) -> bytes | mmap.mmap:
    if path.stat().st_size == 0:
        return b""
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _headers(path: Path) -> Iterator[bytes]:
    """Values are base64 in the dump, so in its lines a marker can only be in key or headers."""
    with path.open("rb") as lines:
        yield from lines
