"""`loket jars`: the locks of the jars."""

import typer

from loket.embedded.jars import KAFKA, MONGO, jar_files, write_lock

app = typer.Typer(help="The jars of Kafka and of the test store.", no_args_is_help=True)


@app.command()
def lock() -> None:
    """Resolve the jars anew and write their coordinates and hashes (for maintainers; needs the network)."""
    for bundle in (KAFKA, MONGO):
        typer.echo(f"{bundle.lock}: {write_lock(bundle)} jars")


@app.command()
def fetch() -> None:
    """Fetch and check the jars of Kafka now, so that the first start needs no network."""
    typer.echo(f"{len(jar_files(KAFKA))} jars of Kafka are there, each with the hash that was locked.")
