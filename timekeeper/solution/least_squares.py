"""PURE: the offsets that fit all measured differences best; it knows neither hosts nor what is measured.

The estimator is that of Solis, Borkar and Kumar, "A new distributed time synchronization protocol for multihop
wireless networks" (2006): the potentials of a graph by weighted least squares on its Laplacian. The error of a link is
averaged over all paths, so it falls with their number. Links that no fit can please are held back by Huber's weights
("Robust estimation of a location parameter", 1964), found by iterated reweighting.
"""

from dataclasses import dataclass

import numpy as np

from timekeeper.solution.links import Floats, Indices

_ROUNDS = 60
_SETTLED = 0.05
"""The fit has settled when it moves by less than this part of the smallest scale."""
_FINEST, _COARSEST = 0.5, 1e4
"""Scales, in terms of the median one. A boast of precision must not outvote many neighbours, nor a very vague word
cost the digits of all others."""
_DIGITS = 1e-10
"""A linear solution is left this much inexact: the next round works on what remains."""


@dataclass(frozen=True, slots=True, eq=False)
class Differences:
    """Measured differences between numbered nodes of one connected graph."""

    nodes: int
    tails: Indices
    heads: Indices
    values: Floats
    """Head minus tail."""
    scales: Floats
    """By how much a value may be off; all above zero."""

    def misfits(self, found: Floats) -> Floats:
        """What is left of the values."""
        return self.values - (found[self.heads] - found[self.tails])

    def gather(self, flows: Floats) -> Floats:
        """What flows into each node, less what flows out."""
        gathered: Floats = np.bincount(self.heads, flows, self.nodes) - np.bincount(self.tails, flows, self.nodes)
        return gathered


def fit(differences: Differences) -> Floats:
    """Find the value of each node.

    Args:
        differences: At least as many as join all nodes.

    Returns:
        The values; that of node 0 is 0.
    """
    found = np.zeros(differences.nodes)
    if not len(differences.values):
        return found
    median = _middle(differences.scales)
    scales = np.clip(differences.scales, _FINEST * median, _COARSEST * median)
    weights = (median / scales) ** 2
    misfits, damping = differences.values, np.ones(len(scales))
    for _ in range(_ROUNDS):
        move = _solve(differences, damping * weights, misfits)
        found += move
        misfits = differences.misfits(found)
        damping = _damp(np.abs(misfits), scales)
        if np.max(np.abs(move)) < _SETTLED * scales.min():
            break
    found -= found[0]
    return found


def _damp(misfits: Floats, scales: Floats) -> Floats:
    """Huber's weights; while most links still suffer from a few very bad ones, squared and by the median misfit.

    Huber's alone would take a hundred rounds to let go of a clock that was reported to be in 1970.
    """
    limits = np.maximum(scales, _middle(misfits))
    damping = limits / np.maximum(misfits, limits)
    return np.where(limits > scales, damping**2, damping)


def _middle(values: Floats) -> float:
    """The median, or of two middle values the upper one."""
    middle = len(values) // 2
    return float(np.partition(values, middle)[middle])


def _solve(differences: Differences, weights: Floats, misfits: Floats) -> Floats:
    """One step of weighted least squares, by conjugate gradients (Hestenes and Stiefel 1952), scaled by the diagonal.

    The best known node stays where it is: a Laplacian with no node fixed is singular, and rounding would make all
    nodes drift together until their differences lose their digits.
    """
    nodes, tails, heads = differences.nodes, differences.tails, differences.heads
    diagonal = np.bincount(heads, weights, nodes) + np.bincount(tails, weights, nodes)
    fixed = int(np.argmax(diagonal))
    move = np.zeros(nodes)
    rest = differences.gather(weights * misfits)
    rest[fixed] = 0.0
    course = scaled = rest / diagonal
    power = float(rest @ scaled)
    enough = _DIGITS**2 * power
    for _ in range(2 * nodes):
        change = differences.gather(weights * (course[heads] - course[tails]))
        change[fixed] = 0.0
        stretch = float(course @ change)
        if power <= enough or stretch <= 0:  # the latter only where the digits end
            break
        length = power / stretch
        move += length * course
        rest = rest - length * change
        scaled = rest / diagonal
        before, power = power, float(rest @ scaled)
        course = scaled + (power / before) * course
    return move
