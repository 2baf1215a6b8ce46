import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.judge.host_rates import Past, relative_rates

DAY_S = 86_400.0


def test_nothing_is_known_of_servers_without_a_past():
    assert relative_rates({}) == {}
    assert relative_rates({"a": Past(0, 0.0), "b": Past(0, DAY_S)}) == {"a": 1.0, "b": 1.0}


def test_servers_that_differ_no_more_than_chance_are_alike():
    past = {server: Past(failures, DAY_S) for server, failures in zip("abcd", (9, 11, 10, 12), strict=True)}
    assert relative_rates(past) == dict.fromkeys("abcd", 1.0)


def test_one_server_alone_differs_from_nobody():
    assert relative_rates({"a": Past(50, DAY_S)}) == {"a": 1.0}


def test_it_is_the_formula():
    past = {"a": Past(40, DAY_S), "b": Past(10, DAY_S), "c": Past(20, 2 * DAY_S)}
    expected = {"a": 17.5, "b": 17.5, "c": 35.0}
    found = 22.5**2 + 7.5**2 + 15.0**2
    squares, cubes = 0.25**2 + 0.25**2 + 0.5**2, 0.25**3 + 0.25**3 + 0.5**3
    variance = (found - 70 * (1 - squares)) / (70**2 * (squares - 2 * cubes + squares**2))
    wanted = {server: (past[server].failures + 1 / variance) / (of + 1 / variance) for server, of in expected.items()}
    assert relative_rates(past) == pytest.approx(wanted)


def test_the_less_is_known_of_a_server_the_nearer_it_is_to_the_mean():
    much = {"a": Past(80, DAY_S), "b": Past(20, DAY_S), "c": Past(80, DAY_S), "d": Past(20, DAY_S)}
    little = {server: Past(each.failures // 10, each.seconds) for server, each in much.items()}
    assert relative_rates(much)["a"] > relative_rates(little)["a"] > 1
    assert relative_rates(much | {"e": Past(0, 60.0)})["e"] == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("failures", [0, 2])
@pytest.mark.parametrize("seconds", [1e-300, 1.0, 60.0])
def test_one_failure_of_a_server_with_hardly_a_past_makes_no_servers_unlike(failures, seconds):
    past = dict.fromkeys("abcdefghi", Past(failures, DAY_S)) | {"j": Past(1, seconds)}
    rates = relative_rates(past)
    assert 0.5 <= min(rates.values()) <= max(rates.values()) <= 5


def test_of_two_servers_the_one_with_hardly_a_past_does_not_drown_the_other():
    assert relative_rates({"a": Past(0, DAY_S), "b": Past(1, 1.0)}) == pytest.approx({"a": 0.2, "b": 5.0}, rel=1e-3)


@given(st.dictionaries(st.text(max_size=3), st.builds(Past, st.integers(0, 1000), st.floats(0, 1e9)), max_size=12))
def test_a_rate_is_positive_and_lies_between_the_mean_and_what_was_seen(past):
    rates = relative_rates(past)
    assert rates.keys() == past.keys()
    failures, seconds = (sum(column) for column in zip(*past.values(), strict=True)) if past else (0, 0.0)
    for server, rate in rates.items():
        expected = past[server].seconds * failures / seconds if seconds else 0.0
        assert rate > 0
        if expected > 0:
            seen = past[server].failures / expected
            assert min(seen, 1) * (1 - 1e-9) <= rate <= max(seen, 1) * (1 + 1e-9)
