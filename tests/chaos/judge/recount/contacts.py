"""Contacts and employers, counted again: K1, K8, K9."""

from collections.abc import Iterator, Sequence

from chaos.judge.recount.words import Cases, Events, Figure, Region, Row


def contacts(events: Events, region: Region) -> Iterator[Row]:
    """K1: contacts that succeeded and that the client began or took part in."""
    cases = Cases(events)
    for one in events["contact.registered"]:
        said, day = one.data, region.day(one.data["occurredAt"])
        if said["succeeded"] and said["direction"] in {"in", "two_way"} and region.names("k01", "service", said["service"], day):
            by = {
                **cases.of(said["caseId"]),
                "channel": said["channel"],
                "language": said["language"],
                "organisation": said.get("organisationId"),
            }
            yield Row(one.id, day, "contact", by)


def number_of_contacts(rows: Sequence[Row]) -> Figure:
    return Figure(len(rows), str(len(rows)), {})


def employers(events: Events, region: Region) -> Iterator[Row]:
    """K8, version 1: who is named by a case or contact; recognised by the type of an accepted case."""
    accepted = {one.key for one in events["case.screened"] if one.data["outcome"] == "accepted"}
    for one, said, row in _naming(events, region):
        sponsored = region.names("k08", "recognised_case_type", said.get("caseType"), row.day)
        row.more["recognised"] = row.role == "case" and sponsored and one in accepted
        yield row


def employers_by_register(events: Events, region: Region) -> Iterator[Row]:
    """K8, version 2: recognised as the last screening found it in the register."""
    last = {one.key: one.data["sponsorStatus"] for one in sorted(events["case.screened"], key=lambda one: (one.sequence, one.id))}
    for case, _, row in _naming(events, region):
        status = last.get(case) if row.role == "case" else None
        row.by["sponsor_status"], row.more["recognised"] = status, status == "recognised"
        yield row


def _naming(events: Events, region: Region) -> Iterator[tuple[str, dict[str, object], Row]]:
    cases = Cases(events)
    for topic, role in (("case.created", "case"), ("contact.registered", "contact")):
        for one in events[topic]:
            said = one.data
            if said.get("organisationId") is not None:
                by = {name: value for name, value in cases.of(said["caseId"]).items() if name != "organisation"}
                yield said["caseId"], said, Row(one.id, region.day(said["occurredAt"]), role, by, {"organisation": said["organisationId"]})


def number_of_employers(rows: Sequence[Row]) -> Figure:
    named = {row.more["organisation"] for row in rows}
    details = {
        "recognised": len({row.more["organisation"] for row in rows if row.more["recognised"]}),
        "cases": sum(row.role == "case" for row in rows),
        "contacts": sum(row.role == "contact" for row in rows),
    }
    return Figure(len(rows), str(len(named)), {**details})


def people(events: Events, region: Region) -> Iterator[Row]:
    """K9: who asked at a cross-border information point."""
    for one in events["contact.registered"]:
        said, day = one.data, region.day(one.data["occurredAt"])
        if region.names("k09", "service", said["service"], day):
            client = said.get("clientPseudonym")
            by = {"service": said["service"], "country_pair": said.get("countryPair"), "language": said["language"]}
            yield Row(one.id, day, "anonymous" if client is None else "person", by, {"client": client})


def number_of_people(rows: Sequence[Row]) -> Figure:
    known = {row.more["client"] for row in rows} - {None}
    return Figure(len(rows), str(len(known)), {"contacts": len(rows), "anonymous": sum(row.role == "anonymous" for row in rows)})
