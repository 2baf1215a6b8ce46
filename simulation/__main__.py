"""The command ``python -m simulation``: plays seeds, or measures convergence, and prints what it saw; it judges nothing."""

import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Annotated, TypeVar

import typer

from fuzz.kept import keep
from simulation.agenda import ViolationError
from simulation.campaign import ColourPlay, FoundError, LiarPlay, Play, Tally, run_seed
from simulation.comparison import HOSTS, LINES_OF_FIVE, Finding, lines_of, play_five, play_graph, small_casts
from simulation.convergence import Convergence
from simulation.fence import FencePlay
from simulation.fence import Tally as FenceTally

GRAPH_SIZES = (2, 3, 4)
"""Hosts in the clusters of which every one is played."""
LINES_OF_FENCE = 20_000
"""Of one seed: half a second."""
FENCES_TOLD = 50
"""Seeds after which it is told how far they are."""
Case = TypeVar("Case")
app = typer.Typer(add_completion=False)


@app.command()
def main(  # noqa: PLR0913 - the options of one command
    *,
    seeds: Annotated[int, typer.Option(min=0, help="How many seeds to play.")] = 0,
    first: Annotated[int, typer.Option(min=0, help="The first of them.")] = 0,
    seed: Annotated[int | None, typer.Option(help="Play this one only, as a failure has named it.")] = None,
    liars: Annotated[int, typer.Option(min=0, help="How many seeds to play in which a member lies.")] = 0,
    liar: Annotated[int | None, typer.Option(help="Play this one of them only, as a failure has named it.")] = None,
    colours: Annotated[int, typer.Option(min=0, help="How many seeds to play in which versions are switched.")] = 0,
    colour: Annotated[int | None, typer.Option(help="Play this one of them only, as a failure has named it.")] = None,
    journal: Annotated[bool, typer.Option(help="Print every event of --seed.")] = False,
    routers: Annotated[int, typer.Option(min=0, help="Measure the convergence of so many routers.")] = 0,
    degree: Annotated[int, typer.Option(min=2, help="How many neighbors each of them has.")] = 6,
    mixed: Annotated[int, typer.Option(min=0, help="Play so many clusters of five C++ and Bellwether routers.")] = 0,
    fence: Annotated[int, typer.Option(min=0, help="Let shadows say so many lines, of which none may get out.")] = 0,
    graphs: Annotated[bool, typer.Option(help="Play every cluster of up to four C++ and Bellwether routers.")] = False,
) -> None:
    """Simulate clusters of routers on a virtual clock and network."""
    kinds = ((Play, seed), (LiarPlay, liar), (ColourPlay, colour))
    for kind, number in kinds if journal else ():
        if number is not None:
            tell_all(kind(number, events_kept=None))
            return
    play_all(Play, range(first, first + seeds) if seed is None else [seed])
    play_all(LiarPlay, range(first, first + liars) if liar is None else [liar])
    play_all(ColourPlay, range(first, first + colours) if colour is None else [colour])
    compare_all(play_five, range(first, first + mixed), LINES_OF_FIVE)
    fence_all(fence, first)
    for size in GRAPH_SIZES if graphs else ():
        compare_all(play_graph, list(small_casts(size, random.Random(first))), len(lines_of(HOSTS[:size])))
    if routers:
        print(f"{routers} routers, about {degree} neighbors each", flush=True)
        for measurement in Convergence(routers, degree, first).measure():
            print(measurement, flush=True)


def fence_all(lines: int, first: int) -> None:
    """Let shadows speak on all processors, a seed each time, and print what came of so many lines."""
    if not lines:
        return
    plays = -(-lines // LINES_OF_FENCE)
    total = [0, 0, 0, 0]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for number, tally in enumerate(pool.map(play_fence, range(first, first + plays))):
            total = [one + more for one, more in zip(total, tally, strict=True)]
            if (number + 1) % FENCES_TOLD == 0 or number + 1 == plays:
                told = "{} lines of shadows, {} discarded, {} copies, {} answers told".format(*total)
                print(f"fence: seeds {first} to {first + number}: {told}, none through", flush=True)


def play_fence(seed: int) -> FenceTally:
    """Play the fence with one seed.

    Raises:
        FoundError: A line got through; the text names the seed.
    """
    try:
        return FencePlay(seed).play(LINES_OF_FENCE)
    except ViolationError as error:
        raise FoundError(f"fence, seed {seed}: {error}; repeat with --fence 1 --first {seed}") from error


def compare_all(judge: Callable[[Case], list[Finding]], cases: Sequence[Case], lines: int) -> None:
    """Play mixed clusters beside C++ ones on all processors, and print what is wrong."""
    if not cases:
        return
    began_s = time.monotonic()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = [finding for findings in pool.map(judge, cases, chunksize=8) for finding in findings]
    took_s = time.monotonic() - began_s
    print(f"{len(cases)} mixed clusters, {len(cases) * lines} messages, in {took_s:.0f} s", flush=True)
    if found:
        print(*found[:20], f"{len(found)} messages went wrong", sep="\n", file=sys.stderr)
        raise typer.Exit(1)


def play_all(kind: type[Play], seeds: Sequence[int]) -> None:
    """Play seeds, and print what was seen; ends the command when something was found."""
    began_s = time.monotonic()
    tally, found = play(kind, seeds)
    kept = keep(kind.__name__, 0, seeds[0], {"cases": len(seeds)}) if seeds and not found else ""
    if seeds:
        about = {LiarPlay: "with a liar: ", ColourPlay: "with colours: "}.get(kind, "")
        print(f"{about}{tally}, in {time.monotonic() - began_s:.0f} s{kept}", flush=True)
    if found:
        print(f"{len(found)} seeds have found something: {' '.join(map(str, found))}", file=sys.stderr)
        raise typer.Exit(1)


def play(kind: type[Play], seeds: Sequence[int]) -> tuple[Tally, list[int]]:
    """Play seeds on all processors, print what they find, and count what they saw."""
    tally, found = Tally(), []
    for seed, seen in play_each(kind, list(seeds)):
        if isinstance(seen, str):
            print(seen, end="\n\n", file=sys.stderr, flush=True)
            found.append(seed)
        else:
            tally.add(seen)
    return tally, found


def play_each(kind: type[Play], seeds: list[int]) -> Iterator[tuple[int, Tally | str]]:
    """What each seed has seen, or found, in the order of the seeds."""
    if len(seeds) == 1:
        yield seeds[0], attempt(kind, seeds[0])
    elif seeds:
        with ProcessPoolExecutor(os.cpu_count()) as pool:
            yield from zip(seeds, pool.map(partial(attempt, kind), seeds, chunksize=4), strict=True)


def attempt(kind: type[Play], seed: int) -> Tally | str:
    """Play one seed: what it saw, or the words of what it found."""
    try:
        return run_seed(seed, kind=kind)
    except FoundError as error:
        return str(error)


def tell_all(played: Play) -> None:
    """Print every event of a seed."""
    try:
        print(played.run())
    except FoundError as error:
        print(error)
    else:
        print(played.world.stage.journal.text())


if __name__ == "__main__":
    app()
