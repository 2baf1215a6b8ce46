"""PURE: how strongly failures speak for "the new version fails more often", as an e-process; it knows no ledger and no rules.

The idea: Lindon and Malek, *Anytime-Valid Inference for Multinomial Count Data* (arXiv 2011.03567). Where two Poisson processes
run side by side, the label of the next failure (new or old?) is a coin whose bias depends on the two rates and on how much of
each runs, and on nothing else: no base rate is needed, and neither a fixed number of failures nor a fixed share.

H0 says that a new instance fails at most `margin` times as often as an old one. Let s be the part of all instances that are new
just before a failure. Under H0 that failure is a new one's with a chance of at most

    w = margin * s / (margin * s + 1 - s)

If a new instance failed r times as often as H0 allows, the chance would be r w / (r w + 1 - w). So a failure multiplies the
likelihood ratio of "r times" by r / (r w + 1 - w) where it is a new one's, and by 1 / (r w + 1 - w) where it is an old one's. Its
mean under H0 is at most 1. The evidence is the mean of these ratios over several r, so that r need not be known. By Ville's
inequality the chance that it ever reaches 1/a is at most a, however often it is looked at: the test may stop whenever it likes.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import add

RATIOS = (1.5, 2.0, 3.0, 4.0, 6.0, 12.0, 50.0)
"""How many times more often than H0 allows: from barely, to at once. They lie closest where daemons are caught within some sixty
failures: of versions that fail five times as often, with half of the instances and a margin of 1.25, 95.3 % are. Even a test
that knew the 4 = 5 / 1.25 beforehand would find 96.0 %."""

_LN_10 = math.log(10)
_LOG_RATIOS = tuple(math.log(ratio) for ratio in RATIOS)
_NOTHING = (0.0,) * len(RATIOS)


def _prior() -> list[float]:
    return [-math.log(len(RATIOS))] * len(RATIOS)


@dataclass(slots=True)
class Evidence:
    """What the failures so far say; all that has to be kept of them."""

    log_weights: list[float] = field(default_factory=_prior)
    """For each of `RATIOS`, the natural logarithm of its part of the evidence."""
    new: int = 0
    """Failures of the new version,"""
    old: int = 0
    """and of the old one."""
    expected: float = 0.0
    """How many of both H0 gives to the new version, at most."""

    @property
    def log10_e(self) -> float:
        """The evidence as a decimal logarithm: 0 says nothing, 2 comes once in a hundred good versions, 3 in a thousand."""
        return log10_of(self.log_weights)

    def copy(self) -> "Evidence":
        """Another one that holds the same."""
        return Evidence(list(self.log_weights), self.new, self.old, self.expected)

    def add(self, *, is_new: bool, share: float, margin: float) -> None:
        """Count one failure.

        Args:
            is_new: Whether it is the new version's.
            share: The part of all instances that were new ones just before. At 0 and 1 there was nothing to compare with,
                and the failure says nothing.
            margin: How many times as often the new version may fail, at least 1.
        """
        if not 0 < share < 1:
            return
        self.log_weights = list(map(add, self.log_weights, gains_of(is_new=is_new, share=share, margin=margin)))
        self.new += is_new
        self.old += not is_new
        self.expected += _chance(share, margin)


def gains_of(*, is_new: bool, share: float, margin: float) -> list[float]:
    """What a failure adds to each of `Evidence.log_weights`; its arguments are those of `Evidence.add`, and `share` no limit."""
    chance = _chance(share, margin)
    gains = _LOG_RATIOS if is_new else _NOTHING
    return [gain - math.log1p((ratio - 1) * chance) for gain, ratio in zip(gains, RATIOS, strict=True)]


def log10_of(log_weights: Sequence[float]) -> float:
    """The evidence of which these are the parts, as a decimal logarithm."""
    highest = max(log_weights)
    return (highest + math.log(sum([math.exp(weight - highest) for weight in log_weights]))) / _LN_10


def _chance(share: float, margin: float) -> float:
    """That a failure is the new version's, under H0, at most."""
    return margin * share / (margin * share + 1 - share)
