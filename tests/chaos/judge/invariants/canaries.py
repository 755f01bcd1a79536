"""Values that the driver has planted in every personal field, looked for wherever they must not be."""

import mmap
from base64 import b64decode
from collections.abc import Iterable, Iterator
from pathlib import Path

from chaos.judge.run import Run
from chaos.judge.verdict import Checks, Wrong

Content = bytes | mmap.mmap
PERSONAL_TOPIC = "party.contact-changed"
PERSONAL = {"intake": {"cases", "lanes"}, "notifications": {"contacts", "lanes"}}
"""Collections that may hold personal values; a parked record of the personal topic may lie in a lane."""
ANSWERS = ("statuses.jsonl", "timelines.jsonl", "lists.jsonl", "indicators.jsonl", "metrics.json", "groups.json")


def personal_values_stay(run: Run) -> Checks:
    """I15: neither in what processes wrote out, nor in keys, headers and events, nor in stores of others, nor in answers."""
    markers = [marker.encode() for marker in run.whole("canaries").get("markers", ())]
    if markers:
        for where, contents in (*_written(run), *_told(run), *_stored(run)):
            found = any(content.find(marker) >= 0 for content in contents for marker in markers)
            yield Wrong(None, f"a personal value is in {where}") if found else None


def _written(run: Run) -> Iterator[tuple[str, Iterable[Content]]]:
    for path in (*sorted((run.folder / "output").rglob("*")), *(run.folder / name for name in ANSWERS)):
        if path.is_file() and path.stat().st_size:
            yield path.name, [_content(path)]


def _told(run: Run) -> Iterator[tuple[str, Iterable[Content]]]:
    for one in run.log.told:
        spoken = [one.key.encode()] if one.topic == PERSONAL_TOPIC else [one.key.encode(), one.value]
        if one.topic.endswith(".parked"):
            spoken.append(b64decode(one.data["record"]))
        yield f"{one.topic} {one.partition}/{one.offset}", spoken
    yield "keys and headers of the log", _headers(run.folder / "log.jsonl")


def _stored(run: Run) -> Iterator[tuple[str, Iterable[Content]]]:
    for service in run.about["topics"]:
        store = run.store(service)
        for collection in store.collections():
            if collection not in PERSONAL.get(service, ()):
                yield f"{collection} of {service}", (repr(document).encode() for document in store.each(collection))


def _content(path: Path) -> Content:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _headers(path: Path) -> Iterator[bytes]:
    """Values are base64 in the dump, so in its lines a marker can only be in key or headers."""
    with path.open("rb") as lines:
        yield from lines
