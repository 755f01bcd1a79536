"""`loket processing-records`: what was done with whose personal data, for the privacy officer."""

from datetime import UTC, datetime
from typing import Annotated

import orjson
import typer

from loket.asking import ask

app = typer.Typer(help="Processing records after the standard Logboek Dataverwerkingen (1.0.0).", no_args_is_help=True)
KEEPERS = ("intake", "notifications")
"""Of personal data; the others know people by opaque ids only and have no logbook."""
Since = Annotated[datetime | None, typer.Option("--from", help="What ended at this moment (UTC) or later.", show_default="the first")]
Until = Annotated[datetime | None, typer.Option(help="What ended before this moment (UTC).", show_default="now")]
Subject = Annotated[str | None, typer.Option(help="Only of this person: a dpl.core.data_subject_id.", show_default="everybody")]


@app.callback()
def _processing_records() -> None:
    """So that `export` is a command of its own, though it is the only one."""


@app.command()
def export(since: Since = None, until: Until = None, subject: Subject = None) -> None:
    """Print records as JSON, one a line, in the fields of the standard: for each service in the order of time."""
    wanted = {name: moment.replace(tzinfo=UTC).isoformat() for name, moment in (("from", since), ("until", until)) if moment}
    for service in KEEPERS:
        after: str | None = None
        while True:
            page = ask(
                "privacy-officer", service, "GET", "/v1/processing-records", **wanted, **({"after": after} if after else {}), limit="1000"
            )
            for record in page["records"]:
                if subject in {None, record["attributes"]["dpl.core.data_subject_id"]}:
                    typer.echo(orjson.dumps(record))
            after = page["after"]
            if after is None:
                break
