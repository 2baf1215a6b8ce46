"""The command ``python -m benchmarks``: reads the options, runs the campaign, shows what it found; it measures nothing itself."""

import dataclasses
import sys
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.campaign import QUICK, STAGES, Campaign, Effort
from benchmarks.errors import BenchmarkError
from benchmarks.report import show, to_json
from benchmarks.results import judge
from benchmarks.servers import NAMES

app = typer.Typer(add_completion=False)


@app.command()
def main(
    *,
    quick: Annotated[bool, typer.Option("--quick", help="100-byte lines only, fewer and shorter runs.")] = False,
    only: Annotated[list[str] | None, typer.Option(help=f"Only this part (repeatable): {', '.join(STAGES)}.")] = None,
    server: Annotated[
        list[str] | None, typer.Option(help=f"Only this server (repeatable): {', '.join(NAMES)}.")
    ] = None,
    rounds: Annotated[int | None, typer.Option(min=1, help="How often each rate is taken.")] = None,
    beside: Annotated[
        str, typer.Option(help="Compare rates and latency of our router with those at this commit instead.")
    ] = "",
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all figures to this file.")] = None,
) -> None:
    """Measure our router beside nats-server, redis-server and mosquitto on this machine."""
    effort = QUICK if quick else Effort()
    effort = dataclasses.replace(
        effort,
        stages=_chosen("--only", only, STAGES),
        servers=_chosen("--server", server, NAMES),
        rounds=rounds or effort.rounds,
        beside=beside,
    )
    try:
        results = Campaign(effort, lambda text: print(f"... {text}", file=sys.stderr, flush=True)).run()
    except BenchmarkError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    bars = judge(results)
    show(results, bars)
    if json_file is not None:
        json_file.write_text(to_json(results, bars))


def _chosen(option: str, wanted: list[str] | None, known: tuple[str, ...]) -> tuple[str, ...]:
    """The wanted ones in their usual order; all when none is named."""
    unknown = [name for name in wanted or [] if name not in known]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]!r} is none of {', '.join(known)}", param_hint=option)
    return tuple(name for name in known if not wanted or name in wanted)


if __name__ == "__main__":
    app()
