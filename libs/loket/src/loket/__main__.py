"""The `loket` command: each subcommand is a module of `loket.commands`, registered here."""

import errno
import sys

import typer

from loket.commands import clock, contracts, jars, lanes, letters, processing_records
from loket.commands.acl import acl
from loket.commands.audit import audit
from loket.commands.demo import demo
from loket.commands.rebuild import rebuild
from loket.commands.recover import recover
from loket.commands.reset import reset
from loket.commands.token import token
from loket.commands.up import up
from loket.errors import LoketError

app = typer.Typer(
    name="loket", help="Loket on one machine: a real Kafka, four services, no Docker.", no_args_is_help=True, add_completion=False
)
app.command()(demo)
app.command()(up)
app.command()(reset)
app.command()(rebuild)
app.command()(audit)
app.command()(recover)
app.command()(token)
app.command()(acl)
app.add_typer(clock.app, name="clock")
app.add_typer(contracts.app, name="contracts")
app.add_typer(jars.app, name="jars")
app.add_typer(lanes.app, name="lanes")
app.add_typer(letters.app, name="letters")
app.add_typer(processing_records.app, name="processing-records")


def main() -> None:
    """An expected fault is one sentence and status 1; anything else is a bug and shows its traceback."""
    try:
        app()
    except LoketError as error:
        _fail(str(error))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _fail(
            f"The disk is full ({error.filename or 'no space left'}): free some space, or name a folder on another disk with LOKET_FOLDER."
        )


def _fail(sentence: str) -> None:
    typer.echo(f"loket: {sentence}", err=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
