"""PURE: how strongly events speak for "more of them fail than the limit allows", as an e-process.

H0 says that an event fails with a chance of at most `limit`, whatever came before it. It is the test of `canary.judge.eprocess`
with the limit in place of the chance that a failure is the new version's: against "the odds to fail are r times those of the
limit" a failure multiplies the evidence by r / (r limit + 1 - limit), and any other event by 1 / (r limit + 1 - limit). These are
the factors 1 + lambda (1 - limit) and 1 - lambda limit of a bet, with lambda = (r - 1) / (r limit + 1 - limit). Their mean under H0
is at most 1, so the evidence may be looked at after each window, and a window without events says nothing.

A version may turn bad late, when a long good time speaks for it. So part of the bet enters with each window: 1 / (j (j + 1)) with
the j-th, and 1 / (j + 1) is still held back after it. A mean of e-processes that begin at different times is one too.
"""

import math

from canary.judge.eprocess import RATIOS, gains_of, log10_of


class ShareEvidence:
    """What the events so far say.

    Args:
        limit: The share of failures that is still good, above 0 and at most 1.
    """

    def __init__(self, limit: float) -> None:
        self._of_failure = gains_of(is_new=True, share=limit, margin=1.0)
        self._of_other = gains_of(is_new=False, share=limit, margin=1.0)
        self._log_weights = [-math.inf] * len(RATIOS)
        self._windows = 0
        self.events = 0.0
        self.failures = 0.0

    @property
    def log10_e(self) -> float:
        """The evidence as a decimal logarithm: 2 is reached by one in a hundred good versions at most, 3 by one in a thousand."""
        return log10_of([*self._log_weights, -math.log(self._windows + 1)])

    def add(self, events: float, failures: float) -> None:
        """Count a window.

        Args:
            events: What happened in it, above 0;
            failures: and how much of that failed.
        """
        self._windows += 1
        self.events += events
        self.failures += failures
        entering = -math.log(self._windows * (self._windows + 1) * len(RATIOS))
        self._log_weights = [
            _log_sum(weight, entering) + failures * of_failure + (events - failures) * of_other
            for weight, of_failure, of_other in zip(self._log_weights, self._of_failure, self._of_other, strict=True)
        ]


def _log_sum(one: float, other: float) -> float:
    """The logarithm of the sum of two numbers of which these are the logarithms."""
    higher, lower = max(one, other), min(one, other)
    return higher + math.log1p(math.exp(lower - higher))
