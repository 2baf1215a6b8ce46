"""What shadow and reference say of the same conversation, brought together."""

from canary.shadow.second_replies import KEPT, KEPT_S, Differing, Sides, join

ONE, OTHER = Differing("C", frozenset(("C.a",))), Differing("C", frozenset())


def test_replies_to_the_same_message_belong_together():
    shadow, reference = {(1, 1): ONE, (1, 2): OTHER, (2, 1): ONE}, {(1, 2): ONE, (1, 3): OTHER, (2, 1): OTHER}
    assert list(join(shadow, reference)) == [(OTHER, ONE), (ONE, OTHER)]


def test_one_side_is_kept_for_a_while():
    sides = Sides()
    sides.keep("a", {(1, 1): ONE}, 0.0)
    sides.keep("b", {(1, 1): OTHER}, KEPT_S)
    assert sides.get("a") == {(1, 1): ONE}
    sides.keep("c", {}, KEPT_S + 1)
    assert (sides.get("a"), sides.get("b")) == ({}, {(1, 1): OTHER})


def test_so_many_are_kept():
    sides = Sides()
    for number in range(KEPT + 1):
        sides.keep(str(number), {(1, 1): ONE}, 0.0)
    assert sides.get("0") == {}
    assert sides.get("1") == {(1, 1): ONE}
