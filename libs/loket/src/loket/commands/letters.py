"""`loket letters unknown`: letters of which nobody knows whether they left; seen, sent again or counted as sent, many at once."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from loket.asking import ask_at

app = typer.Typer(help="Look after letters.", no_args_is_help=True)
unknown = typer.Typer(help="Letters of which nobody knows whether they left.", no_args_is_help=True)
app.add_typer(unknown, name="unknown")
AT_ONCE, PAGE = 200, 200

Since = Annotated[datetime | None, typer.Option(help="Asked for at this moment (UTC) or later.", show_default="the first")]
Until = Annotated[datetime | None, typer.Option(help="Asked for before this moment (UTC).", show_default="now")]
Template = Annotated[str | None, typer.Option(help="Only this message, such as visit_confirmed.", show_default="all")]
Cause = Annotated[str | None, typer.Option("--cause", help="Only with this reason, such as no_outcome.", show_default="any")]
Case = Annotated[str | None, typer.Option(help="Only of this case.", show_default="all")]
Url = Annotated[str | None, typer.Option(help="Address of notifications.", show_default="the platform of this machine")]
Token = Annotated[str | None, typer.Option(help="Token of a case worker there.", show_default="one made for this machine")]
Why = Annotated[
    str,
    typer.Option("--reason", help="provider_has_it, provider_has_it_not, recipient_has_it, recipient_has_it_not or twice_is_harmless."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show which, and change nothing.")]


@unknown.command("list")
def list_(
    since: Since = None,
    until: Until = None,
    template: Template = None,
    cause: Cause = None,
    case: Case = None,
    url: Url = None,
    token: Token = None,
) -> None:
    """Show them, the oldest first."""
    _show(_found(_query(since, until, template, cause, case), url, token))


@unknown.command("send-again")
def send_again(
    why: Why, since: Since = None, until: Until = None, template: Template = None, cause: Cause = None, case: Case = None,
    dry_run: DryRun = False, url: Url = None, token: Token = None,
) -> None:  # fmt: skip
    """Send them once more: who has got one already gets it twice."""
    _decide("send-again", why, _found(_query(since, until, template, cause, case), url, token), url, token, dry_run=dry_run)


@unknown.command("mark-sent")
def mark_sent(
    why: Why, since: Since = None, until: Until = None, template: Template = None, cause: Cause = None, case: Case = None,
    dry_run: DryRun = False, url: Url = None, token: Token = None,
) -> None:  # fmt: skip
    """Count them as sent."""
    _decide("mark-sent", why, _found(_query(since, until, template, cause, case), url, token), url, token, dry_run=dry_run)


def _query(since: datetime | None, until: datetime | None, template: str | None, cause: str | None, case: str | None) -> dict[str, str]:
    moments = {name: moment.replace(tzinfo=UTC).isoformat() for name, moment in (("since", since), ("until", until)) if moment}
    return moments | {name: word for name, word in (("template", template), ("reason", cause), ("case", case)) if word}


def _found(query: dict[str, str], url: str | None, token: str | None) -> list[dict[str, Any]]:
    return list(_pages(query, url, token))


def _pages(query: dict[str, str], url: str | None, token: str | None) -> Iterator[dict[str, Any]]:
    number = 1
    while True:
        page = _ask("GET", "/v1/unknown-messages", url, token, page=str(number), pageSize=str(PAGE), **query)
        yield from page["items"]
        if number * PAGE >= page["total"]:
            return
        number += 1


def _decide(deed: str, why: str, letters: list[dict[str, Any]], url: str | None, token: str | None, *, dry_run: bool) -> None:
    _show(letters)
    if dry_run:
        typer.echo("Nothing was changed.")
        return
    ids, changed, refused = [letter["messageId"] for letter in letters], 0, []
    for start in range(0, len(ids), AT_ONCE):
        body = {"messageIds": ids[start : start + AT_ONCE], "reasonCode": why}
        answer = _ask("POST", f"/v1/unknown-messages/{deed}", url, token, body=body)
        changed += len(answer["changed"])
        refused += answer["refused"]
    typer.echo(f"{deed}: {changed} done, {len(refused)} refused.")
    for one in refused:
        typer.echo(f"{one['messageId']}  {one['detail']}")


def _show(letters: list[dict[str, Any]]) -> None:
    typer.echo(f"{len(letters)} letters are unknown.")
    if not letters:
        return
    table = Table()
    for column in ("letter", "template", "asked for", "attempt", "reason", "case"):
        table.add_column(column, no_wrap=True)
    for one in letters:
        words = (one["messageId"], one["template"], one["requestedAt"][:19], str(one["attempt"]), one["reasonCode"] or "", one["caseId"])
        table.add_row(*words)
    Console(width=None if os.isatty(1) else 180).print(table)


def _ask(method: str, path: str, url: str | None, token: str | None, body: Any = None, **query: str) -> Any:
    return ask_at("case-worker", "notifications", method, path, url=url, token=token, body=body, query=query)
