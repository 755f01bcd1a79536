"""`loket demo`: the platform with the story of one month."""

import asyncio
import os
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import httpx
import typer
import yaml
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from loket.clockfile import move_forward, read_shift
from loket.commands.up import PortBase, Secure, banner
from loket.running import running_platform
from loket.story.days import Clock, Days
from loket.story.ledger import Ledger
from loket.story.month import Month
from loket.story.partner import Partners
from loket.story.script import read_script, smaller, submissions
from loket.story.staff import Staff
from loket.story.verdict import FigureVerdict, RowVerdict, differences, figures_table, judge, judge_figures, table
from loket.supervisor import Layout, StateFolder, Supervisor
from loket.tokens import Badges

Once = Annotated[bool, typer.Option("--once", help="Leave after the story; status 0 only when every expectation held.")]


Share = Annotated[float, typer.Option(min=0.01, max=1, help="Play only a share of the story's submissions and days.")]


def demo(once: Once = False, share: Share = 1, port_base: PortBase = None, secure: Secure = False) -> None:
    """Start the platform, play one month of South Limburg through it, and show what came of it."""
    layout = Layout.read(os.environ, port_base, secure=secure)
    os.environ.setdefault("TRACE_RATIO", "1.0")
    os.environ.setdefault("REFRESH_SECONDS", "21600")  # a day of the story passes in seconds
    held = False
    with suppress(KeyboardInterrupt), running_platform(layout, typer.echo, give_up=once) as supervisor:
        held = asyncio.run(_tended(layout, supervisor, share))
        if not once:
            _stay(layout, supervisor)
    if once and not held:
        raise typer.Exit(1)


def _stay(layout: Layout, supervisor: Supervisor) -> None:
    typer.echo(banner(layout))
    while True:
        supervisor.tend()
        time.sleep(0.2)


async def _tended(layout: Layout, supervisor: Supervisor, share: float) -> bool:
    """Play while the supervisor looks after its children, on the one thread that they belong to."""

    async def tend() -> None:
        while True:
            supervisor.tend()
            await asyncio.sleep(0.2)

    tending = asyncio.create_task(tend())
    try:
        return await _play(layout, share)
    finally:
        tending.cancel()


async def _play(layout: Layout, share: float) -> bool:
    console = Console(width=None if os.isatty(1) else 130)
    folder = StateFolder(layout.folder)
    script = read_script(layout.region)
    if share < 1:
        script = smaller(script, share)
    clock = Clock(lambda: read_shift(folder.clock), lambda step: move_forward(folder.clock, step, os.environ))
    days = Days.after(clock.now(), script.working_days)
    written = submissions(script, days.working)
    limits = httpx.Limits(max_connections=16)
    async with httpx.AsyncClient(timeout=30, limits=limits) as client:
        staff = Staff(client, layout, Badges(folder))
        partners = Partners(client, layout.address("intake"), folder.partner_secrets, _sources(layout.region))
        month = Month(script, written, days, partners, staff, clock)
        console.print(f"{script.title}: {len(written)} submissions from {days.working[0]:%d %B %Y}, by the shifted clock.")
        ledger = await _with_progress(console, month, len(written))
        rows = await judge(ledger, staff)
        figures = await judge_figures(ledger, staff, days.working[0], days.working[-1] + timedelta(days=1))
    return _show(console, ledger, rows, figures)


async def _with_progress(console: Console, month: Month, total: int) -> Ledger:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed} of {task.total} submissions"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("starting", total=total)
        return await month.play(lambda day, done: progress.update(bar, description=f"{day:%a %d %b}", completed=done))


def _show(console: Console, ledger: Ledger, rows: list[RowVerdict], figures: list[FigureVerdict]) -> bool:
    console.print(table(rows))
    console.print(figures_table(figures))
    console.print(f"Handed in twice, taken once: {ledger.repeated}. Broken and refused: {ledger.refused}.")
    wrong = [*ledger.wrong, *differences(rows, figures)]
    for sentence in wrong:
        console.print(sentence, style="red", highlight=False)
    console.print("Every expectation held." if not wrong else "Not every expectation held.", style="green" if not wrong else "red")
    return not wrong


def _sources(region: Path) -> dict[str, str]:
    partners = yaml.safe_load((region / "intake" / "partners.yaml").read_text(encoding="utf-8"))["partners"]
    return {partner["id"]: partner["source"] for partner in partners}
