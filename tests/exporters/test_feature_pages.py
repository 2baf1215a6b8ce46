"""Which pages of the feature flags are asked for."""

import pytest

from communicator.answers.features import FeatureReport, FeatureRow
from exporters.feature_pages import FEATURE_PAGES, FEATURES, gather_features


class Canary:
    """Tells so many rows a page, of so many flags as there are at each question."""

    def __init__(self, page, *totals):
        self.page = page
        self.totals = list(totals)
        self.asked = []

    async def ask(self, about):
        self.asked.append(about)
        total = self.totals.pop(0) if len(self.totals) > 1 else self.totals[0]
        offset = int(about["offset"])
        rows = tuple(FeatureRow(feature=f"f{number}") for number in range(total))[offset : offset + self.page]
        return FeatureReport(features=rows, offset=offset, total=total)


@pytest.mark.parametrize(
    ("page", "total", "pages"),
    [(3, 0, 1), (3, 3, 1), (3, 4, 2), (3, 10_000, FEATURE_PAGES), (FEATURES, 10_000, 1), (300, 10_000, 2)],
)
async def test_no_more_than_a_few_pages(page, total, pages):
    canary = Canary(page, total)
    report = await gather_features(canary.ask)
    view = {"view": "features", "brief": "true"}
    assert canary.asked == [{**view, "offset": str(page * number)} for number in range(pages)]
    assert len(report.features) == min(total, page * pages)
    assert report.total == total


async def test_flags_that_go_in_between_end_it():
    assert len((await gather_features(Canary(3, 5, 1).ask)).features) == 3
