"""`python -m chaos --duration 600 --seed 1`: one run, and the judge's table; status 1 on a violation, 2 when the rig itself failed."""

import argparse
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console

from chaos.plan import PROFILES
from chaos.platform import Options
from chaos.progress import Progress
from chaos.run import Failed, forget, play
from loket.errors import LoketError

ROOT = Path(__file__).parents[2]
PORT_BASE = 14_100


def main() -> int:
    asked, console = arguments(), Console(width=None if sys.stdout.isatty() else 200)
    folder = asked.folder or ROOT / ".loket-chaos" / f"{time.strftime('%Y%m%d-%H%M%S')}-seed-{asked.seed}"
    options = Options(
        seed=asked.seed,
        duration=asked.duration,
        rate=asked.rate,
        folder=folder.resolve(),
        port_base=asked.port_base,
        profile=frozenset(PROFILES.get(asked.profile, asked.profile).split(",")) - {"none"},
        broken=asked.broken or None,
    )
    try:
        about = play(options, Progress(console))
    except KeyboardInterrupt:
        console.print(f"Broken off; what there is lies in {options.folder}.")
        return 2
    except (Failed, LoketError) as error:
        console.print(f"The rig failed: {error}\nWhat there is lies in {options.folder}.", highlight=False)
        return 2
    except Exception:  # noqa: BLE001 - a bug of the rig says nothing about the platform, and must not look as if it did
        console.print_exception()
        console.print(f"The rig failed. What there is lies in {options.folder}.", highlight=False)
        return 2
    for sentence in about["unasked"]:
        console.print(f"Noticed: {sentence}", highlight=False)
    return 0 if asked.no_judge else judge(options.folder, console, keep=asked.keep or asked.folder is not None)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--duration", type=float, default=600, help="seconds of faults")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=32, help="submissions per second, in open loop")
    parser.add_argument("--profile", default="all", help=f"all, none, {', '.join(PROFILES)}, or fault[:target] with commas between")
    parser.add_argument("--broken", default="", help="a deliberately broken build")
    parser.add_argument("--folder", type=Path, help="of the run; must not exist yet")
    parser.add_argument("--port-base", type=int, default=PORT_BASE)
    parser.add_argument("--no-judge", action="store_true")
    parser.add_argument("--keep", action="store_true", help="keep the folder of a run that holds, too")
    return parser.parse_args()


def judge(folder: Path, console: Console, *, keep: bool) -> int:
    """The verdict of those who read nothing but the folder."""
    status = subprocess.run([sys.executable, "-m", "chaos.judge", str(folder)], check=False).returncode
    if status == 0 and not keep:
        forget(folder)
    else:
        console.print(f"The run lies in {folder}.", highlight=False)
    return 1 if status else 0


if __name__ == "__main__":
    sys.exit(main())
