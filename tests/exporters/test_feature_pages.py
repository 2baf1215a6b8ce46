"""Which pages of the feature flags are asked for."""

import pytest

from communicator.answers.features import FeatureReport, FeatureRow
from exporters.feature_pages import FEATURE_PAGES, gather_features


class Canary:
    """Tells so many rows a page, of so many flags as there are at each question."""

    def __init__(self, *totals):
        self.totals = list(totals)
        self.asked = []

    async def ask(self, about):
        self.asked.append(about)
        total = self.totals.pop(0) if len(self.totals) > 1 else self.totals[0]
        offset = int(about["offset"])
        rows = tuple(FeatureRow(feature=f"f{number}") for number in range(total))[offset : offset + 3]
        return FeatureReport(features=rows, offset=offset, total=total)


@pytest.mark.parametrize(("total", "pages"), [(0, 1), (3, 1), (4, 2), (10_000, FEATURE_PAGES)])
async def test_no_more_than_a_few_pages(total, pages):
    canary = Canary(total)
    report = await gather_features(canary.ask)
    assert canary.asked == [{"view": "features", "brief": "true", "offset": str(3 * number)} for number in range(pages)]
    assert len(report.features) == min(total, 3 * pages)
    assert report.total == total


async def test_flags_that_go_in_between_end_it():
    assert len((await gather_features(Canary(5, 1).ask)).features) == 3
