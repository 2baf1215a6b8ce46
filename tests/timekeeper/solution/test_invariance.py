"""What must not matter: the names of hosts, the order of reports, and what all clocks have in common."""

from dataclasses import replace
from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.timekeeper.solution.clusters import claimed, measured
from timekeeper.solution import Basis, Verdict, solve
from timekeeper.solution.verdicts import classify

LIMIT_S = 0.005


@st.composite
def clusters(draw):
    """Clocks, links with bounds, and claims, drawn from a seed: two clocks are never alike to the last digit."""
    count = draw(st.integers(2, 8))
    random = Random(draw(st.integers(0, 2**32)))
    names = [f"h{number}" for number in range(count)]
    wrong = random.sample(names, random.randint(0, count))
    clocks = {
        name: random.uniform(-0.0004, 0.0004) + (random.uniform(-0.3, 0.3) if name in wrong else 0) for name in names
    }
    links = {
        pair: (bound_s := 10 ** random.uniform(-5, -3.3), random.uniform(-bound_s, bound_s))
        for pair in combinations(names, 2)
        if random.random() < 0.8
    }
    claims = [
        claimed(name, random.uniform(0.001, 0.004), {random.choice("uvwxyz")})
        for name in names
        if random.random() < 0.7
    ]
    return clocks, links, claims, random


def reports(clocks, links):
    return [
        measured(first, second, clocks[second] - clocks[first] + error_s, bound_s)
        for (first, second), (bound_s, error_s) in links.items()
    ]


def outcome(solution):
    """What is concluded of each host, with digits that rounding leaves alone."""
    return {
        host.host: (
            host.basis,
            classify(host, LIMIT_S),
            host.claim_holds,
            host.offset_s if host.offset_s is None else round(host.offset_s, 7),
            host.bound_s if host.bound_s is None else round(host.bound_s, 7),
        )
        for host in solution.hosts
    }


def same(one, other):
    assert one.keys() == other.keys()
    for name, (basis, verdict, holds, *numbers) in one.items():
        assert (basis, verdict, holds) == other[name][:3], name
        for mine, theirs in zip(numbers, other[name][3:], strict=True):
            assert mine == (theirs if theirs is None else pytest.approx(theirs, abs=3e-7))


@settings(deadline=None)
@given(clusters())
def test_names_and_order_do_not_matter(cluster):
    clocks, links, claims, random = cluster
    before = outcome(solve(clocks, reports(clocks, links), claims))
    names = list(clocks)
    renamed = dict(zip(names, random.sample(names, len(names)), strict=True))
    rows = [replace(one, source=renamed[one.source], target=renamed[one.target]) for one in reports(clocks, links)]
    random.shuffle(rows)
    said = [replace(claim, host=renamed[claim.host]) for claim in claims]
    random.shuffle(said)
    after = outcome(solve(renamed.values(), rows, said))
    same(before, {name: after[renamed[name]] for name in names})


@settings(deadline=None)
@given(clusters())
def test_who_reports_a_pair_does_not_matter(cluster):
    clocks, links, claims, random = cluster
    rows = reports(clocks, links)
    turned = [
        replace(one, source=one.target, target=one.source, offset_s=-one.offset_s) if random.random() < 0.5 else one
        for one in rows
    ]
    same(outcome(solve(clocks, rows, claims)), outcome(solve(clocks, turned, claims)))


@settings(deadline=None)
@given(clusters(), st.floats(-1e6, 1e6))
def test_what_all_clocks_have_in_common_does_not_matter(cluster, shift_s):
    clocks, links, claims, _ = cluster
    shifted = {name: offset_s + shift_s for name, offset_s in clocks.items()}
    same(
        outcome(solve(clocks, reports(clocks, links), claims)),
        outcome(solve(clocks, reports(shifted, links), claims)),
    )


@settings(deadline=None)
@given(clusters())
def test_the_wrong_are_accused_while_they_are_fewer_than_half_and_nobody_else(cluster):
    clocks, links, _, _ = cluster
    full = {pair: links.get(pair, (0.0001, 0.0)) for pair in combinations(clocks, 2)}
    solution = solve(clocks, reports(clocks, full), [])
    good = {name for name, offset_s in clocks.items() if abs(offset_s) <= 0.001}
    accused = {host.host for host in solution.hosts if classify(host, LIMIT_S) is Verdict.WRONG}
    if 2 * len(good) > len(clocks):
        assert solution.has_majority
        assert not accused & good
        far = {name for name, offset_s in clocks.items() if abs(offset_s) > LIMIT_S + 0.004}
        assert far <= accused
    assert all(host.basis is Basis.MAJORITY for host in solution.hosts if host.host in accused)


NUMBERS = st.floats() | st.sampled_from([0.0, 1e10, -1e10, 1e-300, 99.0])
NAMES = st.sampled_from(["a", "b", "c", "d", "stranger"])


@settings(deadline=None)
@given(
    st.lists(
        st.builds(
            measured,
            NAMES,
            NAMES,
            NUMBERS,
            NUMBERS,
            age_s=NUMBERS,
            via=st.sampled_from(["probe", "router", "?"]),
            drift_ppm=st.none() | NUMBERS,
        ),
        max_size=12,
    ),
    st.lists(st.builds(claimed, NAMES, st.none() | NUMBERS, offset_s=st.none() | NUMBERS), max_size=4),
)
def test_whatever_peers_send_there_is_an_answer(rows, claims):
    solution = solve("abcd", rows, claims)
    assert [host.host for host in solution.hosts] == list("abcd")
    for host in solution.hosts:
        assert isinstance(classify(host, LIMIT_S), Verdict)
        assert host.bound_s is None or host.bound_s >= 0
