"""Who counts, of all shapes of clusters and with one liar among them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.router.mesh.standing import VOUCHERS, find_standing

NAMES = "abcdefgh"


def stand(known, links, reached=None):
    """The standing of all who are named, reached unless it is said otherwise; `links` are like ``ab`` for a link of two."""
    pairs = [*links.split()] if isinstance(links, str) else links
    told = {}
    for one, other in pairs:
        told.setdefault(one, set()).add(other)
        told.setdefault(other, set()).add(one)
    everyone = set().union(*map(set, pairs)) - {"a"}
    return find_standing(set(known), everyone if reached is None else set(reached), lambda name: told.get(name, set()))


@pytest.mark.parametrize(
    ("known", "links", "counted", "vouched_by"),
    [
        ("", "", "", {}),
        ("b", "ab", "b", {}),
        ("b", "ab bc", "b", {"c": ("b",)}),  # the end of a line
        ("b", "ab bc cd", "b", {"c": ("b",), "d": ()}),
        ("bc", "ab ac bd cd", "bcd", {}),  # two say so
        ("bc", "ab ac bd cd de be", "bcde", {}),  # and one of them counts since two others say so
        ("bc", "ab ac bd de", "bc", {"d": ("b",), "e": ()}),
        ("bz", "ab bc", "bz", {"c": ("b",)}),  # z counts and is down
    ],
)
def test_from_those_of_whom_it_is_certain_to_those_for_whom_two_of_them_vouch(known, links, counted, vouched_by):
    standing = stand(known, links)
    assert (standing.counted, dict(standing.vouched_by)) == (frozenset(counted), vouched_by)


def test_the_word_of_one_that_is_not_reached_is_old():
    assert stand("bc", "ab bd cd", reached="bd").vouched_by == {"d": ("b",)}


def test_who_is_not_reached_is_not_counted_in():
    assert stand("bc", "ab ac bd cd", reached="bc") == (frozenset("bc"), {})


PAIRS = st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda pair: pair[0] != pair[1])


@given(
    st.lists(PAIRS, min_size=1, max_size=20),
    st.sampled_from(NAMES[1:]),
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from([*NAMES, *range(10)])), max_size=40),
)
def test_what_one_liar_invents_never_counts_and_for_whom_two_honest_ones_vouch_does(pairs, liar, inventions):
    """The liar names all it has invented as its neighbors; what it has invented says whatever it likes."""
    told = {name: set() for name in NAMES}
    for one, other in pairs:
        told[one].add(other)
        told[other].add(one)
    told[liar] |= set(NAMES) - {liar}
    for number, other in inventions:
        invented = f"invented {number}"
        told[liar].add(invented)
        told.setdefault(invented, {liar}).add(other if isinstance(other, str) else f"invented {other}")
    reached = told.keys() - {"a"}
    counted, vouched_by = find_standing(told["a"], reached, lambda name: told.get(name, set()))
    assert not {name for name in counted if name.startswith("invented")}
    honest = counted & set(NAMES) - {liar}
    for server in reached - counted:
        assert sum(server in told[voucher] for voucher in honest) < VOUCHERS
        assert set(vouched_by[server]) == {voucher for voucher in counted if server in told[voucher]}
