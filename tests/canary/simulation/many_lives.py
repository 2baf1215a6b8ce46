"""The rule of `canary.judge.two_arms` for thousands of lives at once, in numpy; a test holds the two against each other."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from canary.judge.eprocess import RATIOS
from canary.judge.two_arms import CHANCE_Z, PLACES

Floats = NDArray[np.float64]
LEAST, MOST = 1e-300, 1e300
"""Evidence beyond these is beyond every limit."""


@dataclass(frozen=True)
class Course:
    """What each life's evidence was after each failure: arrays of lives by failures."""

    counts: Floats
    """The evidence that counts."""
    pooled: Floats
    """That of all servers together."""
    differs: NDArray[np.bool_]
    """Whether the old servers differ by more than chance."""


def judge(labels: NDArray[np.intp], weights: Floats, new: int, margin: float = 1.25) -> Course:
    """Judge the failures of many lives.

    Args:
        labels: For each life and failure, the number of the server: the first ones have the new version.
        weights: For each life and server, what history says; all are at risk all the time.
        new: How many servers have the new version.
        margin: As for the rule.
    """
    lives, failures = labels.shape
    servers = weights.shape[1]
    place_of = np.array([i % PLACES for i in range(new)] + [PLACES + i % PLACES for i in range(servers - new)])
    left_out = _left_out(place_of)
    stays = np.array([[place not in pair for place in place_of] for pair in left_out], dtype=np.float64)
    at_new, at_old = margin * weights[:, :new] @ stays[:, :new].T, weights[:, new:] @ stays[:, new:].T
    speaks = (at_new > 1e-9) & (at_old > 1e-9)
    chance = np.where(speaks, at_new / np.maximum(at_new + at_old, 1e-12), 0.0)
    if_old = 1 / (1 + (np.array(RATIOS) - 1) * chance[:, :, None])
    if_new = np.array(RATIOS) * if_old
    likelihoods = np.ones((lives, len(left_out), len(RATIOS)))
    spread = _Spread(weights, place_of, new)
    course = Course(*(np.zeros((lives, failures)) for _ in range(2)), np.zeros((lives, failures), dtype=np.bool_))
    for number in range(failures):
        server = labels[:, number]
        counted = (stays[:, server].T > 0) & speaks
        factors = np.where((server < new)[:, None, None], if_new, if_old)
        likelihoods *= np.where(counted[:, :, None], factors, 1.0)
        np.clip(likelihoods, LEAST, MOST, out=likelihoods)
        evidence = likelihoods.mean(axis=2)
        least = np.log10(_least(evidence, left_out))
        factor, course.differs[:, number] = spread.after(server)
        course.pooled[:, number] = np.log10(evidence[:, 0])
        tempered = np.where(course.differs[:, number], 0.0, least / factor)
        course.counts[:, number] = np.where(least > 0, tempered, least)
    return course


def _left_out(place_of: NDArray[np.intp]) -> list[tuple[int, ...]]:
    places = sorted({int(place) for place in place_of})
    pairs = {tuple(sorted((one, other))) for one in places for other in places if other >= PLACES and one != other}
    return [(), *((place,) for place in places), *sorted(pairs)]


def _least(evidence: Floats, left_out: list[tuple[int, ...]]) -> Floats:
    index = {pair: number for number, pair in enumerate(left_out)}
    singles = [pair[0] for pair in left_out if len(pair) == 1]
    part = 1 / (2 * PLACES)
    rows = []
    for place in singles:
        pairs = [index[min(place, other), max(place, other)] for other in singles if PLACES <= other != place]
        rows.append((1 - part * len(pairs)) * evidence[:, index[place,]] + part * evidence[:, pairs].sum(axis=1))
    found: Floats = np.min(rows, axis=0)
    return found


class _Spread:
    """The index of dispersion of both versions, as failures come."""

    def __init__(self, weights: Floats, place_of: NDArray[np.intp], new: int) -> None:
        places = [[place_of == place for place in sorted(set(arm))] for arm in (place_of[:new], place_of[new:])]
        self.shares = []
        for arm in places:
            by_place = np.stack([weights[:, here].sum(axis=1) for here in arm], axis=1)
            self.shares.append(by_place / by_place.sum(axis=1, keepdims=True))
        self.seen = [np.zeros_like(share) for share in self.shares]
        self.where = [np.array(arm) for arm in places]

    def after(self, server: NDArray[np.intp]) -> tuple[Floats, NDArray[np.bool_]]:
        self.seen = [seen + where[:, server].T for seen, where in zip(self.seen, self.where, strict=True)]
        (new, new_share), (old, old_share) = zip(self.seen, self.shares, strict=True)
        # a version that has not failed has been expected nowhere
        new_degrees = np.where(new.sum(axis=1) > 0, new.shape[1] - 1, 0)
        places = old.shape[1]
        old_degrees = np.where(old.sum(axis=1) > 0, max(places - 2, min(places - 1, 1)), 0)
        new_index = np.where(new_degrees > 0, _index(new, new_share), 0.0)
        rest = [np.arange(places) != place for place in range(places)] if places > 2 else [np.ones(places, np.bool_)]
        old_index = np.min([_index(old[:, kept], old_share[:, kept]) for kept in rest], axis=0)
        old_index = np.where(old_degrees > 0, old_index, 0.0)
        degrees = new_degrees + old_degrees
        factor = np.where(degrees > 0, (new_index + old_index) / np.maximum(degrees + np.sqrt(degrees / 2), 1), 1.0)
        part = 2 / (9 * np.maximum(old_degrees, 1))
        limit = old_degrees * (1 - part + CHANCE_Z * np.sqrt(part)) ** 3
        return np.maximum(1.0, factor), (old_degrees > 0) & (old_index > limit)


def _index(seen: Floats, share: Floats) -> Floats:
    total = seen.sum(axis=1, keepdims=True)
    expected = total * share / share.sum(axis=1, keepdims=True)
    index = ((seen - expected) ** 2 / np.maximum(expected, 1e-12)).sum(axis=1)
    found: Floats = np.where(total[:, 0] > 0, index, seen.shape[1] - 1)
    return found
