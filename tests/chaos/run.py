"""One run from the first process to the last line of the dump."""

import asyncio
import contextlib
import shutil
import signal
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson

from chaos.archive import Archive
from chaos.draining import WITHIN, Draining
from chaos.dump import Dump
from chaos.killer import Killer
from chaos.ledger import Ledger
from chaos.plan import plan
from chaos.platform import Options, Platform
from chaos.poison import Poisoner
from chaos.processes import Process
from chaos.progress import Progress
from chaos.shifting import forward
from chaos.witness import Witness

WATCHED = ("cutoff", "hostile", "power_cut")
"""What the faults begin with whose signs a witness looks for; it takes time of the machine, so it does not look at others."""
LATER = timedelta(hours=9)
A_LEASE = timedelta(minutes=10)  # longer than policy.yaml lets a letter wait for its outcome
"""By the clock of the services: more than any lease, and than the wait between two tries of a letter."""
SEEN = 5.0
LAST_WORDS = 60.0
"""Seconds that the driver gets to bring what it has begun to its end, and to help what is stuck."""


class Failed(Exception):
    """The rig itself did not do what it should; says nothing about the platform."""


async def run(options: Options, progress: Progress) -> Mapping[str, Any]:
    """What `run.json` says; the folder is complete when it returns."""
    platform = Platform(options)
    for path in (platform.folder / "poison.jsonl", platform.folder / "mail.jsonl"):
        path.touch()
    try:
        progress.say("Starting three brokers, the wire, the mail provider and eight services …")
        await platform.start()
        return await _attack(platform, progress)
    finally:
        progress.say("Stopping …")
        await platform.stop()


async def _attack(platform: Platform, progress: Progress) -> Mapping[str, Any]:
    options, draining = platform.options, Draining(platform)
    marker = f"canary-{options.seed:x}z".translate(str.maketrans("0123456789", "ghijklmnop"))
    (platform.folder / "canaries.json").write_bytes(orjson.dumps({"markers": [marker]}))
    driver = platform.driver(_settings(platform, marker))
    poisoner = Poisoner(platform.layout.bootstrap, Ledger(platform.folder / "poison.jsonl"))
    killer = Killer(platform, Ledger(platform.folder / "faults.jsonl"), poisoner)
    started = time.time()
    driver.start()
    showing = asyncio.create_task(progress.follow(platform, killer, options.duration))
    watching = asyncio.create_task(_watch(platform))
    archive = Archive(platform)
    if "power_cut" in options.profile:
        archive.start()
    attacks = asyncio.create_task(killer.work(plan(options.seed, options.duration, options.profile, mongo=platform.mongo_url is not None)))
    try:
        await asyncio.gather(attacks, asyncio.sleep(options.duration))
    except BaseException:
        watching.cancel()
        driver.kill()
        raise
    finally:
        attacks.cancel()
        showing.cancel()
    await killer.heal()
    ended = time.time()
    progress.say(f"The faults have stopped; all must have been done within {WITHIN:.0f} s …")
    (platform.folder / "calm").touch()
    await _until_ended(driver)
    drained, waiting = await draining.wait(ended)
    progress.say(f"Drained after {drained - ended:.1f} s." if drained else f"Not drained within {WITHIN:.0f} s: {waiting}")
    await _let_time_pass(platform, draining, drained=drained is not None)
    await _end(watching)
    archive.stop()
    about = _about(platform, draining, started, ended, drained) | {"waiting": waiting, "unasked": killer.unasked}
    (platform.folder / "run.json").write_bytes(orjson.dumps(about))
    progress.say("Writing down log, stores and answers …")
    await Dump(platform, draining).write()
    return about


async def _watch(platform: Platform) -> None:
    """Until cancelled, where something is to be seen."""
    if any(word.startswith(WATCHED) for word in platform.options.profile):
        await Witness(platform).watch()


async def _end(task: "asyncio.Task[None]") -> None:
    """A witness that has failed has seen nothing, and that must not look like a platform on which nothing was to be seen."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _let_time_pass(platform: Platform, draining: Draining, *, drained: bool) -> None:
    """What waits for a moment comes to it: leases of letters whose sender died, late tries. Who is not drained gets no second minute.

    A lease counts from when a letter is known to be taken, so that it takes a second one.
    """
    for later in (LATER, A_LEASE):
        forward(platform.state.clock, later)
        await asyncio.sleep(SEEN)
        if drained:
            await draining.wait(time.time())


def _settings(platform: Platform, marker: str) -> dict[str, Any]:
    options = platform.options
    return {
        "folder": str(platform.folder),
        "state": str(platform.state.path),
        "region": str(platform.layout.region),
        "duration": options.duration,
        "rate": options.rate,
        "seed": options.seed,
        "addresses": platform.addresses(),
        "marker": marker,
        "hostile": "hostile" in options.profile,
    }


async def _until_ended(driver: Process) -> None:
    for _ in range(int(LAST_WORDS / 0.1)):
        if not driver.alive:
            break
        await asyncio.sleep(0.1)
    assert driver.child is not None
    if driver.alive:
        driver.kill()
        raise Failed(f"The driver did not come to its end within {LAST_WORDS:.0f} s.")
    if driver.child.popen.returncode != 0:
        raise Failed(f"The driver ended with {driver.child.popen.returncode}:{driver.child.tail()}")


def _about(platform: Platform, draining: Draining, started: float, ended: float, drained: float | None) -> dict[str, Any]:
    options = platform.options
    return {
        "seed": options.seed,
        "duration": options.duration,
        "rate": options.rate,
        "profile": sorted(options.profile),
        "started": started,
        "faults_ended": ended,
        "drained": drained,
        "topics": draining.topics,
        "brokers": platform.layout.brokers,
        "store": "mongo" if platform.mongo_url else "sqlite",
        "broken": options.broken,
    }


def play(options: Options, progress: Progress) -> Mapping[str, Any]:
    """`run` in a loop of its own; Ctrl-C and SIGTERM end it cleanly, as KeyboardInterrupt."""

    async def interruptible() -> Mapping[str, Any]:
        task = asyncio.current_task()
        assert task is not None
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        return await run(options, progress)

    try:
        return asyncio.run(interruptible())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


def forget(folder: Path) -> None:
    """Removes what a run has left, where nobody has to look at it."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)
