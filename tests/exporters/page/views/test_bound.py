"""How many of many are shown."""

import pytest

from exporters.page.views.bound import Bound


@pytest.mark.parametrize(("troubled", "shown"), [(0, 20), (20, 20), (21, 21), (60, 60), (500, 60)])
def test_those_in_trouble_are_shown_up_to_a_larger_bound(troubled, shown):
    assert Bound(troubled=60, well=20).of(troubled) == shown
