"""Whether everybody has read everything."""

from chaos.judge.run import Run
from chaos.judge.verdict import Checks, Wrong


def committed_is_end(run: Run) -> Checks:
    """I11: for every partition of every topic that a service hears."""
    groups = run.whole("groups")
    for service, topics in run.about["topics"].items():
        places = groups.get(service, {})
        heard = {place.rpartition("/")[0] for place in places}
        yield from (Wrong(None, f"{service} has never committed anything of {topic}") for topic in topics if topic not in heard)
        for place, offsets in places.items():
            behind = offsets["end"] - (offsets["committed"] or 0)
            yield Wrong(None, f"{service} is {behind} records behind on {place}") if behind else None
