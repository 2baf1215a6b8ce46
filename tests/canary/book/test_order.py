"""An order is what it says: its identifier is made of that, and what makes no sense is refused by name."""

import msgspec
import pytest

from canary.book.order import Order, id_of, require_sound
from tests.canary.book.orders_made import order


def test_the_identifier_is_made_of_all_that_is_said():
    changed = [
        order(reason="x"),
        order(1),
        order(version="3"),
        order(span_s=1.0),
        order(over=("0" * 32,)),
        order(user="y"),
        order(feature="web"),
    ]
    assert len({id_of(one) for one in (order(), *changed)}) == 1 + len(changed)
    assert id_of(msgspec.json.decode(msgspec.json.encode(order()), type=Order)) == id_of(order())


def test_the_identifiers_of_orders_that_elder_releases_took_stay():
    assert id_of(order()) == "40f76fa06a2479912db1200cf716c5c6"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"server": "no/server"}, "server 'no/server' is neither"),
        ({"origin": ""}, "origin '' is not a server name"),
        ({"service": "no name"}, "service 'no name' is not a service name"),
        ({"service": ""}, "block names no service"),
        ({"service": "canary"}, "'canary' is never blocked"),
        ({"wall_s": float("inf")}, "wall_s inf is no time"),
        ({"span_s": None}, "block names no span"),
        ({"feature": "web"}, "block names the flag 'web'"),
        ({"kind": "off", "service": "", "version": ""}, "off names no flag"),
    ],
)
def test_what_makes_no_sense_is_named(changes, named):
    with pytest.raises(ValueError, match=named):
        require_sound(order(**changes))


@pytest.mark.parametrize(
    ("one", "other", "covers", "touches"),
    [
        ({}, {}, True, True),
        ({}, {"server": "beta"}, True, True),
        ({"server": "beta"}, {}, False, True),
        ({"server": "beta"}, {"server": "alpha"}, False, False),
        ({"build": "b"}, {"server": "beta"}, False, True),
        ({"build": "b"}, {"build": "c"}, False, False),
        ({}, {"version": "3"}, False, False),
    ],
)
def test_what_two_orders_have_in_common(one, other, covers, touches):
    assert (order(**one).covers(order(**other)), order(**one).touches(order(**other))) == (covers, touches)
