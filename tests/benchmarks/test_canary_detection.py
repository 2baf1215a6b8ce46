import pytest

from benchmarks.canary_detection import measure_accused, measure_blocks, measure_found


def test_versions_that_never_work_are_blocked_when_they_are_to_be():
    blocks = list(measure_blocks(3))
    assert [(block.lives, block.limit_s) for block in blocks] == [(3, 75.0), (3, 116.0), (3, 291.0)]
    assert all(60 < block.median_s <= block.last_s < 300 for block in blocks)


def test_good_versions_are_counted_in_every_world():
    accused = list(measure_accused(8))
    assert {one.what for one in accused} == {"blocked", "suspect", "held"}
    assert sum(one.lives for one in accused if one.what == "blocked") > 8
    assert all(0 <= one.found <= one.lives and one.allowed <= one.lives for one in accused)


@pytest.mark.takes(5)
@pytest.mark.parametrize(("lives", "least"), [(1, 0), (10, 6)])
def test_something_is_promised_only_of_versions_that_fail_much_more(lives, least):
    found = {one.what: one for one in measure_found(lives)}
    assert all(one.within > 0 and 0 <= one.found <= lives for one in found.values())
    assert all((one.median is None) == (one.found == 0) for one in found.values())
    assert {what: one.least for what, one in found.items()} == {
        what: least if what.startswith(("5 times", "10 times")) else 0 for what in found
    }
