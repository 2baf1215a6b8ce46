"""The command ``python -m tests.canary.simulation``: plays lives and prints what the judge made of them, against its promises."""

from statistics import median
from typing import Annotated

import typer

from tests.canary.simulation.bounds import upper_limit
from tests.canary.simulation.experiments import BAD, NULLS, WORN, Tally, blocked_after_s, found_after

app = typer.Typer(add_completion=False)


@app.command()
def main(
    *,
    lives: Annotated[
        int, typer.Option(min=1, help="Lives of a simple world; of one that takes longer, fewer.")
    ] = 2_000,
    only: Annotated[str, typer.Option(help="Worlds whose name holds this.")] = "",
) -> None:
    """Play good versions and bad ones before the real judge; exit 1 when it breaks a promise."""
    broken = [
        tally for null in NULLS if only in null.name for tally in map(shown, null.play(lives)) if is_broken(tally)
    ]
    for name, (lasts_s, limit_s) in WORN.items():
        if only in name:
            blocked_s = blocked_after_s(lasts_s, max(1, lives // 10))
            typer.echo(
                f"{name}: blocked after {median(blocked_s):.0f} s (limit {limit_s:.0f}), the last {blocked_s[-1]:.0f}"
            )
    for name, (truth, failures) in BAD.items():
        if only in name:
            played = max(1, lives // 20)
            found = found_after(truth, failures, played)
            when = f"half of those after {median(found):.0f}" if found else ""
            typer.echo(f"{name}: {len(found)} of {played} suspect within {failures} failures, {when}")
    raise typer.Exit(1 if broken else 0)


def shown(tally: Tally) -> Tally:
    """Print it."""
    at_most = f"at most {upper_limit(tally.found, tally.lives):.2%}"
    typer.echo(f"{tally.name}: {tally.what} {tally.found} of {tally.lives}, {at_most} (allowed {tally.allowed})")
    return tally


def is_broken(tally: Tally) -> bool:
    """Whether the promise is doubtful."""
    return tally.found > tally.allowed


if __name__ == "__main__":
    app()
