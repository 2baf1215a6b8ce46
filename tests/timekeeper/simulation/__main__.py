"""The command ``python -m tests.timekeeper.simulation``: plays seeds, prints what they saw, and adds it to a kept total."""

import time
from concurrent.futures import ProcessPoolExecutor
from typing import Annotated

import typer

from laboratory.total import add, total_of_commit
from tests.timekeeper.simulation.play import run_seed
from tests.timekeeper.simulation.tally import FoundError, Tally

_CHUNK = 10

app = typer.Typer(add_completion=False)


@app.command()
def main(
    *,
    seeds: Annotated[int, typer.Option(min=0, help="How many seeds to play.")] = 2000,
    first: Annotated[int, typer.Option(min=0, help="The first of them.")] = 0,
) -> None:
    """Simulate clusters of clocks with a known truth."""
    if not seeds:
        return
    began_s = time.monotonic()
    tally, found = play(range(first, first + seeds))
    took_s = time.monotonic() - began_s
    typer.echo(f"seeds {first} to {first + seeds - 1}\n{tally}\nin {took_s:.0f} s")
    total = total_of_commit("simulation")
    add(
        {"seeds": f"{first}-{first + seeds - 1}", "found something": " ".join(map(str, found))}
        | {"seeds played": seeds, "seeds that found something": len(found), "minutes": round(took_s / 60, 1)}
        | tally.counts,
        total,
    )
    typer.echo(f"in all: {total.read_text()}", nl=False)
    if found:
        typer.echo(f"{len(found)} seeds have found something: {' '.join(map(str, found))}", err=True)
        raise typer.Exit(1)


def play(seeds: range) -> tuple[Tally, list[int]]:
    """Play seeds, print what they find, count what they saw, and say which have found something."""
    tally, found = Tally(), []
    with ProcessPoolExecutor() as pool:
        for seed, seen in zip(seeds, pool.map(attempt, seeds, chunksize=_CHUNK), strict=True):
            if isinstance(seen, str):
                typer.echo(seen, err=True)
                found.append(seed)
            else:
                tally.add(seen)
    return tally, found


def attempt(seed: int) -> Tally | str:
    """Play one seed: what it saw, or the words of what it found."""
    try:
        return run_seed(seed)
    except FoundError as error:
        return str(error)


if __name__ == "__main__":
    app()
