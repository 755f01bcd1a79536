"""`loket contracts`: writes what is published about the platform, or checks that it is what the code says."""

from pathlib import Path
from typing import Annotated

import typer

from common.settings import ServiceSettings
from loket.contracts.compat import Break, compare
from loket.contracts.files import broken, differing, generate, write
from loket.contracts.services import Platform, describe
from loket.errors import LoketError
from loket.supervisor.layout import find_root

app = typer.Typer(help="Contracts, made from the code.", invoke_without_command=True)

Check = Annotated[bool, typer.Option("--check", help="Write nothing; end with status 1 and the names of the files that differ.")]
Unpublished = Annotated[
    bool, typer.Option("--unpublished", help="Write also what breaks readers: for contracts that nobody has been given yet.")
]


@app.callback()
def contracts(context: typer.Context, check: Check = False, unpublished: Unpublished = False) -> None:
    """Write docs/contracts, docs/settings.md, Kafka's topics and users, and the region pack's ConfigMaps."""
    if context.invoked_subcommand is None:
        _make(check=check, unpublished=unpublished)


@app.command()
def compat(
    old: Annotated[Path, typer.Argument(help="Folder with the schemas of before.", exists=True, file_okay=False)],
    new: Annotated[Path, typer.Argument(help="Folder with the schemas of now.", exists=True, file_okay=False)],
) -> None:
    """Refuse changes that break readers, each with a payload that shows it."""
    _refuse(list(compare(old, new)), describe(_region(find_root(Path.cwd()))))
    typer.echo("Every payload that one side writes can be read by the other.")


def _make(*, check: bool, unpublished: bool) -> None:
    root = find_root(Path.cwd())
    platform = describe(_region(root))
    files = generate(platform, root)
    if not unpublished:
        _refuse(list(broken(files, root)), platform)
    if not check:
        changed = write(files, root)
        typer.echo("\n".join([*(f"  {path}" for path in changed), f"{len(files)} files, {len(changed)} changed."]))
    elif names := differing(files, root):
        raise LoketError("not what the code says, so run `make contracts` and look at the difference: " + ", ".join(map(str, names)))


def _refuse(found: list[Break], platform: Platform) -> None:
    if found:
        told = "\n".join(one.told(platform) for one in found)
        raise LoketError(f"a contract changes under its readers; give the event a new version.\n{told}")


def _region(root: Path) -> Path:
    """The pack that the services read unless told otherwise."""
    default: Path = ServiceSettings.model_fields["region_path"].default
    return root / default
