"""Caps, numbers and names of runs, in words."""

from typing import get_args

import pytest

from canary.records.names import Cap
from communicator.wording.explanations import CAPS, cap_text, measure_text, next_text, short_runs


def test_each_cap_of_the_canary_has_its_meaning():
    assert set(CAPS) == set(get_args(Cap)) - {""}


def test_a_cap_says_what_it_protects():
    assert cap_text("gap") == "held back by gap: another version of the service was blocked a moment ago"
    assert cap_text("moon") == "held back by moon: a cap forbids it"


def test_what_comes_next_has_its_time():
    assert next_text("a probe is granted", 372.0) == "a probe is granted, in 6m 12s"
    assert next_text("nothing", None) == "nothing"


@pytest.mark.parametrize(("value", "text"), [(7.0, "7"), (63.24, "63.2"), (0.05, "0.1"), (600, "600")])
def test_a_number_has_one_decimal_place_at_most(value, text):
    assert measure_text(value) == text


def test_runs_are_told_by_the_beginning_of_their_names():
    assert short_runs("run 5270ffb8-1111-2222-3333-444455556666 began") == "run 5270ffb8 began"
    assert short_runs("version 5270ffb8-1111 began") == "version 5270ffb8-1111 began"
