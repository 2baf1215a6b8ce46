"""Where hosts stand in the picture: within it, apart, and the same each time."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporters.page.views.layout import place_hosts


def ring(count):
    names = tuple(f"h{number:03}" for number in range(count))
    return names, tuple(sorted((names[number], names[number + 1]) for number in range(count - 1)))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 6, 20, 60, 200])
@pytest.mark.parametrize("linked", [True, False])
def test_all_have_a_place_of_their_own_within_the_picture(count, linked):
    names, edges = ring(count)
    places = place_hosts(names, edges if linked else ())
    assert sorted(places) == list(names)
    assert len(set(places.values())) == count
    assert all(-1 <= x <= 1 and -1 <= y <= 1 for x, y in places.values())


def test_the_same_hosts_and_links_have_the_same_places():
    names, edges = ring(12)
    first = dict(place_hosts(names, edges))
    place_hosts.cache_clear()
    assert place_hosts(names, edges) == first


def test_those_that_are_linked_to_nobody_stand_below():
    names, edges = ring(6)
    places = place_hosts((*names, "lost", "stray"), edges)
    assert places["lost"][1] == places["stray"][1] == 1
    assert all(places[name][1] <= 0.5 for name in names)


def test_linked_hosts_of_a_chain_are_nearer_than_its_ends():
    names, edges = ring(8)
    places = place_hosts(names, edges)

    def distance(one, other):
        return abs(complex(*places[one]) - complex(*places[other]))

    assert distance(names[0], names[-1]) > 2 * max(distance(one, other) for one, other in edges)


def test_of_many_those_of_a_hub_stand_about_it():
    hubs = [f"hub{number}" for number in range(12)]
    leaves = {f"{hub}-{number:02}": hub for hub in hubs for number in range(12)}
    ring = [tuple(sorted((one, other))) for one, other in zip(hubs, hubs[1:] + hubs[:1], strict=True)]
    edges = tuple(sorted({*ring, *((hub, leaf) for leaf, hub in leaves.items())}))
    places = {name: complex(*place) for name, place in place_hosts(tuple(sorted({*hubs, *leaves})), edges).items()}
    astray = [leaf for leaf, own in leaves.items() if min(hubs, key=lambda hub: abs(places[leaf] - places[hub])) != own]
    assert astray == []


def test_many_that_are_all_linked_fill_a_disc_in_which_each_has_its_room():
    names = tuple(f"h{number:03}" for number in range(120))
    edges = tuple((one, other) for one in names for other in names if one < other)
    places = [complex(*place) for place in place_hosts(names, edges).values()]
    assert min(abs(one - other) for one in places for other in places if one != other) > 0.08


@given(st.sets(st.text(max_size=5), max_size=12), st.data())
@settings(max_examples=50)
def test_whatever_is_linked_has_a_place(names, data):
    ordered = tuple(sorted(names))
    pairs = [(one, other) for one in ordered for other in ordered if one < other]
    edges = tuple(sorted(data.draw(st.sets(st.sampled_from(pairs)) if pairs else st.just(set()))))
    places = place_hosts(ordered, edges)
    assert set(places) == names
    assert all(-1 <= x <= 1 and -1 <= y <= 1 for x, y in places.values())
