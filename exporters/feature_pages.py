"""PURE: which pages of the canary's report of feature flags are asked for; whoever asks, and what becomes of it, is told to it."""

from collections.abc import Awaitable, Callable, Mapping

from communicator.answers.features import FeatureReport, join_features

FEATURES = 500
"""Flags that are read, those that are off or stale first; more would be for the sake of those that are well."""
FEATURE_PAGES = 8
"""Pages they may come on; a canary has them on one."""


async def gather_features(ask: Callable[[Mapping[str, str]], Awaitable[FeatureReport]]) -> FeatureReport:
    """The first pages, as one report.

    Args:
        ask: Gives the page that these parameters of the question ask for.
    """
    pages: list[FeatureReport] = []
    told = 0
    while told < FEATURES and len(pages) < FEATURE_PAGES:
        page = await ask({"view": "features", "brief": "true", "offset": str(told)})
        pages.append(page)
        told += len(page.features)
        if not page.features or told >= page.total:
            break
    return join_features(pages)
