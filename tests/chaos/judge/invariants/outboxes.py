"""Nothing is left to be carried out."""

import re

from chaos.judge.run import SERVICES, Run
from chaos.judge.verdict import Checks, Wrong

GAUGES = ("loket_outbox_aggregates", "loket_outbox_age_seconds")


def outboxes_are_empty(run: Run) -> Checks:
    """I6: neither in a store nor, by its own word, in the hands of a replica."""
    for service in SERVICES:
        untold = run.store(service).untold()
        yield from (Wrong(id_, f"{service} has left entries in the outbox of {collection}/{id_}") for collection, id_ in untold)
        yield None
    for replica, text in run.whole("metrics").items():
        for gauge in GAUGES:
            found = re.search(rf"^{gauge} (\S+)$", text, re.MULTILINE)
            yield None if found and float(found[1]) == 0 else Wrong(None, f"{replica} says {gauge} {found[1] if found else 'nothing'}")
