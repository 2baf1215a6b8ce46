from hypothesis import given
from hypothesis import strategies as st

from canary.judge.jitter import spread
from canary.records import CellKey

KEYS = st.builds(CellKey, *[st.text(max_size=5)] * 4)


@given(KEYS, st.integers(0, 100), st.floats(0, 1), st.floats(1, 1e6))
def test_it_stays_near(key, number, share, span_s):
    found_s = spread(span_s, key, number, share)
    assert span_s * (1 - share) * 0.999999 <= found_s <= span_s * (1 + share) * 1.000001
    assert found_s == spread(span_s, key, number, share)


def test_it_is_another_one_each_time():
    key = CellKey("alpha", "fluid", "2", "")
    found = {spread(600, each, number, 0.1) for number in range(10) for each in (key, key._replace(server="beta"))}
    assert len(found) == 20
    assert max(found) - min(found) > 60
