"""A private folder for what DuckDB cannot hold in memory: of no name that others could guess, and gone with the process that made it."""

import os
import shutil
from pathlib import Path
from tempfile import gettempdir, mkdtemp

NAME = "loket-reporting-"
_OURS: set[Path] = set()


def make() -> Path:
    """A new folder (0700); what processes of ours that are no more left behind is removed first."""
    for left in Path(gettempdir()).glob(f"{NAME}*"):
        if left not in _OURS and _is_left(left):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(mkdtemp(prefix=f"{NAME}{os.getpid()}-"))
    _OURS.add(folder)
    return folder


def remove(folder: Path) -> None:
    """The folder and all in it."""
    shutil.rmtree(folder, ignore_errors=True)
    _OURS.discard(folder)


def _is_left(folder: Path) -> bool:
    """Whether its maker has ended; in a container all have the same number, so that one of our number is of an earlier one."""
    pid = folder.name.removeprefix(NAME).partition("-")[0]
    if folder.is_symlink() or not pid.isdecimal() or folder.stat().st_uid != os.getuid():
        return False
    if int(pid) == os.getpid():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False
