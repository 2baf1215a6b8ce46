"""The command ``python -m tests.timekeeper.simulation``: plays seeds and prints what they saw; it judges nothing."""

import time
from concurrent.futures import ProcessPoolExecutor
from typing import Annotated

import typer

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
    began_s = time.monotonic()
    try:
        typer.echo(
            f"seeds {first} to {first + seeds - 1}\n{play(range(first, first + seeds))}\nin {time.monotonic() - began_s:.0f} s"
        )
    except FoundError as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from error


def play(seeds: range) -> Tally:
    """Play seeds, and count what they saw.

    Raises:
        FoundError: One of them has found something.
    """
    tally = Tally()
    with ProcessPoolExecutor() as pool:
        for seen in pool.map(run_seed, seeds, chunksize=_CHUNK):
            tally.add(seen)
    return tally


if __name__ == "__main__":
    app()
