"""How often the comparator is wrong, and how soon it is right, over many lives: ``python -m tests.canary.shadow.bars [LIVES]``."""

import random
import sys
from statistics import median
from typing import NamedTuple

import typer

from tests.canary.shadow.talk import IGNORE, World, stamped

METHODS = ("second", "replay", "none")
SUSPECT_LOG10 = 2.0
"""From here on a deployment is held (rule C)."""
LOOK_EVERY = 50
"""Messages between two looks."""


class Life(NamedTuple):
    """What was seen of one shadow."""

    reported: int | None
    """After so many messages something was told to be news; None: never."""
    suspected: int | None
    """After so many messages the evidence was beyond the suspect level."""
    row: object
    """The place of the planted difference, in the end."""
    asked_again: int


def live(method, seed, messages, answer=stamped, *, until_suspected=False):
    """One shadow of that many messages, or of as many as it takes to be suspected; looked at again and again."""
    world = World(seed, method, answer, ignore=IGNORE if method == "none" else ())
    reported = suspected = None
    for played in range(LOOK_EVERY, messages + 1, LOOK_EVERY):
        world.play(LOOK_EVERY)
        found = world.comparison
        if reported is None and any(row.is_news for row in found.differences):
            reported = played
        if suspected is None and found.log10_evidence >= SUSPECT_LOG10:
            suspected = played
            if until_suspected:
                break
    return Life(reported, suspected, world.row("CHARGED.body.amount"), world.asked_again)


def planted(share, seed=None):
    """A shadow that is wrong in that share of its replies: evenly, or by chance."""
    every, chance = round(1 / share), random.Random(seed)
    wrong = range(every - 1, 10**9, every) if seed is None else {n for n in range(100_000) if chance.random() < share}
    return lambda *who: stamped(*who, changed=wrong)


def flapping(share):
    """Two equal versions, one parameter of which is another one in that share of all replies."""

    def answer(chance, number, who):
        return stamped(chance, number, who) | {"flaps": str(chance.random() < share)}

    return answer


def _tell(what, lives):
    count, again = len(lives), median(life.asked_again for life in lives)
    reported = sum(life.reported is not None for life in lives)
    suspected = [life.suspected for life in lives if life.suspected is not None]
    after = f", half of them after {median(suspected):.0f} messages" if suspected else ""
    typer.echo(
        f"{what:45} reported {reported} of {count}, suspect {len(suspected)} of {count}{after}; asked again {again:.0f}"
    )


def main(lives):
    """All of them."""
    for method in METHODS:
        _tell(f"{method}: equal, times and identifiers", [live(method, seed, 2_000) for seed in range(lives)])
        for share in (0.1, 0.02, 0.005) if method != "none" else (0.0005, 0.001):
            many = [live(method, seed, 2_000, flapping(share / 2)) for seed in range(lives)]
            _tell(f"{method}: equal, one field differs in {share:.2%}", many)
        _tell(
            f"{method}: 1 in 100, by chance", [live(method, seed, 2_000, planted(0.01, seed)) for seed in range(lives)]
        )
        _tell(f"{method}: 1 in 100, evenly", [live(method, seed, 2_000, planted(0.01)) for seed in range(lives)])
        _tell(
            f"{method}: 1 in 1,000, by chance",
            [live(method, seed, 10_000, planted(0.001, seed)) for seed in range(lives // 5)],
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
