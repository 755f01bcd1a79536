"""What reporting keeps and answers, against the log."""

from base64 import b64decode
from datetime import datetime

from chaos.judge import recount
from chaos.judge.recount.words import LISTS, Region
from chaos.judge.run import Run
from chaos.judge.verdict import Checks, Wrong


def facts_are_the_log(run: Run) -> Checks:
    """I10: one fact for each distinct event that reporting hears, and none besides; what waits in its lanes is no fact yet."""
    heard, waiting = set(run.about["topics"]["reporting"]), _waiting(run)
    facts = {fact["id"]: (fact["topic"], fact["subject"], fact["sequence"]) for fact in run.store("reporting").each("facts")}
    for one in run.log.first.values():
        if one.topic in heard and one.id not in waiting:
            same = facts.get(one.id) == (one.topic, one.subject, one.sequence)
            yield (
                None
                if same
                else Wrong(one.key, f"{one.topic} {one.sequence} of {one.subject} is {'another' if one.id in facts else 'no'} fact")
            )
    for id_ in facts.keys() - run.log.first.keys() - run.log.poison_ids:
        yield Wrong(facts[id_][1], f"a fact {id_} of {facts[id_][0]} that is no event")


def taken_in_in_order(run: Run) -> Checks:
    """I5: of one source, what was told first was written down first, whatever was redelivered, parked and redriven."""
    written: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for fact in run.store("reporting").each("facts"):
        moment = datetime.fromisoformat(fact["recorded_at"]).timestamp()
        written.setdefault((fact["topic"], fact["subject"]), []).append((fact["sequence"], moment))
    for (topic, subject), moments in written.items():
        latest, wrong = float("-inf"), None
        for sequence, moment in sorted(moments):
            if moment + run.skew < latest:
                wrong = sequence
            latest = max(latest, moment)
        yield None if wrong is None else Wrong(subject, f"{topic} {wrong} of {subject} was taken in before one that was told earlier")


def indicators_are_a_recount(run: Run) -> Checks:
    """I10: value, numbers beside it, groups and the very events, each worked out from the log alone."""
    brought = run.folder / "region"
    region = Region.read(brought if brought.exists() else LISTS)
    events = {topic: list(run.events(topic)) for topic in recount.TOPICS}
    for line in run.lines("indicators"):
        yield from (None if sentence is None else Wrong(None, sentence) for sentence in recount.differences(line, events, region))


def timelines_are_the_log(run: Run) -> Checks:
    """I10: what is shown of a case is what was told under its key."""
    heard = [topic for topic in run.about["topics"]["reporting"] if not topic.endswith(".parked")]
    told: dict[str, set[str]] = {line["case_id"]: set() for line in run.lines("timelines")}
    for one in run.events(*heard):
        if one.key in told:
            told[one.key].add(one.id)
    for line in run.lines("timelines"):
        shown = [item["eventId"] for item in (line["body"] or {"items": []})["items"]]
        expected, extra = told[line["case_id"]] - _waiting(run), run.log.poison_ids
        right = len(shown) == len(set(shown)) and set(shown) - extra == expected - extra
        yield None if right else Wrong(line["case_id"], f"{len(set(shown) ^ expected)} events of its timeline are not those of the log")


def _waiting(run: Run) -> frozenset[str]:
    """Ids of events that wait in parked lanes of reporting."""
    lanes = [lane for service, lane in run.lanes if service == "reporting" and lane["state"] == "parked"]
    headers = [dict(record["headers"]) for lane in lanes for record in lane["records"]]
    return frozenset(b64decode(one["ce_id"]).decode("latin-1") for one in headers if one.get("ce_id"))
