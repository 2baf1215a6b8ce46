"""A short form of `make fuzz` for the pure readers; the seed comes from the one that pytest prints."""

import random

import pytest

from fuzz import campaign
from fuzz.campaign import READERS, FoundError, fuzz_reader

SECONDS = 2.0


@pytest.mark.parametrize("name", READERS)
def test_a_reader_keeps_its_promises(name):
    assert fuzz_reader(name, random.getrandbits(32), SECONDS) > 100


def test_a_broken_promise_is_found_and_can_be_repeated(monkeypatch):
    def break_at_some_case(random):
        if random.random() < 0.1:
            raise ValueError("broken")

    monkeypatch.setitem(campaign.READERS, "line", break_at_some_case)
    with pytest.raises(FoundError, match=r"ValueError\('broken'\)") as found:
        fuzz_reader("line", 3, SECONDS)
    case = int(str(found.value).rpartition(" ")[2])
    with pytest.raises(FoundError, match=f"--case {case}$"):
        fuzz_reader("line", 3, 0, case)
