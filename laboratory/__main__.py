"""The command ``python -m laboratory``: plays scenarios, prints what happened and the figures, and adds them to a kept total."""

import asyncio
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Annotated

import typer

from laboratory.host import ROOT
from laboratory.scenarios import QUICK, SCENARIOS
from laboratory.stage import Stage
from laboratory.total import add, total_of_commit
from laboratory.watcher import Audit, Event

TOGETHER_S = 5.0
PROGRAMS = ("gcc", "ip", "nsenter", "setpriv", "unshare")
app = typer.Typer(add_completion=False)


@app.command()
def main(
    scenarios: Annotated[list[str] | None, typer.Argument(help="Which; all without any.")] = None,
    *,
    seed: Annotated[int, typer.Option(help="Of delays and losses; another one each time round.")] = 0,
    quick: Annotated[
        bool, typer.Option(help="With an interval of 1 s and a grace of 2 s, and not in the total.")
    ] = False,
    at_once: Annotated[int, typer.Option(min=1, help="How many are played at the same time; most of them wait.")] = 4,
    minutes: Annotated[float, typer.Option(min=0, help="Begin again until so many minutes have passed.")] = 0,
) -> None:
    """Play scenarios of clocks with real daemons; it takes root."""
    unknown = set(scenarios or ()) - SCENARIOS.keys()
    if unknown:
        raise typer.BadParameter(
            f"no scenario is called {', '.join(sorted(unknown))}; there are {', '.join(SCENARIOS)}"
        )
    prepare()
    total = total_of_commit("laboratory")
    ends_s = time.monotonic() + 60 * minutes
    failed = 0
    with ProcessPoolExecutor(at_once) as pool:
        while True:
            names = scenarios or list(SCENARIOS)
            for played in pool.map(play, names, repeat(seed), repeat(QUICK if quick else {})):
                print(played.text, flush=True)
                failed += not played.is_good
                if not quick:
                    keep(played, total)
            seed += 1
            if time.monotonic() >= ends_s:
                break
    if not quick:
        print(f"in all: {total.read_text()}", end="")
    if failed:
        print(f"{failed} did not hold", file=sys.stderr)
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class Played:
    """What became of a scenario."""

    text: str
    is_good: bool
    took_s: float
    numbers: int
    broken: int


def prepare() -> None:
    """See that all is there that scenarios need."""
    lacking = [program for program in PROGRAMS if shutil.which(program) is None]
    if os.geteuid() != 0 or lacking:
        wanted = f"and {', '.join(lacking)} (tools/test-packages brings them)" if lacking else "which you are not"
        print(f"the laboratory has to be run by root, {wanted}", file=sys.stderr)
        raise typer.Exit(2)
    subprocess.run([ROOT / "tools/debian-cache", "chrony"], check=True, timeout=300)


def play(name: str, seed: int, settings: Mapping[str, object]) -> Played:
    """Play one scenario, with these settings of its timekeepers."""
    began_s = time.monotonic()
    stage = asyncio.run(run(name, seed, settings))
    took_s, findings, audits = time.monotonic() - began_s, stage.findings, stage.watcher.audits
    text = [
        f"== {name}, seed {seed}: {(SCENARIOS[name].play.__doc__ or '').strip()}",
        *tell_events(stage.watcher.events),
        *(f"{kind}: {figures(audit)}" for kind, audit in audits.items()),
        *(f"DOES NOT HOLD: {finding}" for finding in findings),
        f"== {name}, seed {seed}: {f'{len(findings)} findings' if findings else 'holds'}, {took_s:.0f} s",
    ]
    numbers = sum(len(audit.errors_s) for audit in audits.values())
    broken = sum(len(audit.broken) for audit in audits.values())
    return Played("\n".join(text), not findings, took_s, numbers, broken)


async def run(name: str, seed: int, settings: Mapping[str, object]) -> Stage:
    """The stage of a scenario after it was played."""
    async with SCENARIOS[name].stage(seed, settings) as stage:
        await SCENARIOS[name].play(stage)
    return stage


def tell_events(events: Iterable[Event]) -> Iterator[str]:
    """The table of events; what several hosts say within a few seconds is one line."""
    waiting: dict[tuple[str, str], list[Event]] = {}
    for event in [*events, None]:
        over = [key for key, those in waiting.items() if event is None or event.at_s - those[0].at_s > TOGETHER_S]
        for those in [waiting.pop(key) for key in over]:
            who = " ".join(dict.fromkeys(one.by for one in those))
            what = f"{who}: {those[0].topic}: {those[0].now}" if who else f"---- {those[0].now}"
            yield f"{those[0].at_s:7.1f} s  {what}"
        if event is not None:
            waiting.setdefault((event.topic, event.now), []).append(event)


def figures(audit: Audit) -> str:
    """The numbers of an audit in a line."""
    if not audit.errors_s:
        return "none"
    shown = ", ".join(
        f"{what} p50 {percentile_us(values, 50)}, p95 {percentile_us(values, 95)}, most {percentile_us(values, 100)} us"
        for what, values in (("error", audit.errors_s), ("bound", audit.bounds_s))
    )
    return f"{len(audit.errors_s)} held against the truth: {shown}; {len(audit.broken)} broken, {audit.excused} excused"


def percentile_us(values: Sequence[float], percent: int) -> int:
    """So many of a hundred are no more than this."""
    return round(1e6 * sorted(values)[min(len(values) - 1, len(values) * percent // 100)])


def keep(played: Played, path: Path) -> None:
    """Add a scenario to the total."""
    now = {
        "scenarios": 1,
        "not held": int(not played.is_good),
        "minutes": round(played.took_s / 60, 1),
        "numbers": played.numbers,
        "bounds broken": played.broken,
    }
    add(now, path)


if __name__ == "__main__":
    app()
