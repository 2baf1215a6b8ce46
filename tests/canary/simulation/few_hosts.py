"""The command ``python -m tests.canary.simulation.few_hosts``: what four hosts can and cannot prove, for docs/deployments.md."""

from typing import Annotated, NamedTuple

import msgspec
import numpy as np
import typer

from canary.deployment.spec import DEFAULT_STEPS, Until
from tests.canary.simulation.deployments import HOUR_S, SPEC, World, play

HOSTS = 4
RATIOS = (1, 2, 3, 5, 10, 50)
DAY = 1 / 24
BAKED = msgspec.structs.replace(SPEC, steps=(), bake=600.0)
"""The default steps: 20 minutes each."""
SEEN = msgspec.structs.replace(
    BAKED,
    steps=tuple(msgspec.structs.replace(step, until=Until(failures=60, time=4 * HOUR_S)) for step in DEFAULT_STEPS),
)


class Row(NamedTuple):
    """What came of many deployments of one kind."""

    ratio: float
    early: int
    """Paused or went back while one of the four had it,"""
    in_time: int
    """while one or two had it,"""
    ever: int
    """or at all."""


app = typer.Typer(add_completion=False)


@app.command()
def main(
    *,
    deployments: Annotated[int, typer.Option(min=1, help="Of each world.")] = 500,
    seed: Annotated[int, typer.Option(help="Of each world.")] = 1,
) -> None:
    """Play them, and print what was found and when."""
    for text, spec in (("default steps", BAKED), ("until 60 failures or 4 h", SEEN)):
        for rate, per_hour in (("1 failure per instance and hour", 1.0), ("1 per day", DAY)):
            for name, spread, history in (
                ("alike, no history", 0.0, 0),
                ("spread 0.5, 20 failures of history", 0.5, 20),
            ):
                typer.echo(f"{text}; {rate}; {name}: {deployments} deployments each, seed {seed}")
                for ratio in (*RATIOS, 60 / per_hour):
                    world = World(name, float(ratio), spread, history, hosts=HOSTS, per_hour=per_hour, spec=spec)
                    typer.echo(_told(count(world, deployments, seed), deployments))


def count(world: World, deployments: int, seed: int) -> Row:
    """Play that many deployments on a world."""
    dice = np.random.default_rng(seed)
    outcomes = [play(world, dice) for _ in range(deployments)]
    return Row(
        world.ratio,
        sum(one.hosts < HOSTS / 2 for one in outcomes),
        sum(one.hosts < HOSTS for one in outcomes),
        sum(one.is_paused for one in outcomes),
    )


def _told(row: Row, many: int) -> str:
    parts = (f"{name} {found / many:.1%}" for name, found in row._asdict().items() if name != "ratio")
    return f"  {row.ratio:g} times: {', '.join(parts)}"


if __name__ == "__main__":
    app()
