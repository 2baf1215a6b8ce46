from timekeeper.solution import Lasting


def stands(lasting, looks, **others):
    """Whether it stands after each look: ``+`` where it is seen, ``-`` where it is not."""
    return "".join("-+"[lasting.note(is_seen=look == "+", **others)] for look in looks)


def test_it_begins_and_ends_after_so_many_in_a_row():
    lasting = Lasting(3)
    assert stands(lasting, "++-+++") == "-----+"
    assert stands(lasting, "-+----") == "++++--"


def test_one_look_counts_once():
    lasting = Lasting(2)
    assert stands(lasting, "+++", is_new=False) == "---"
    assert stands(lasting, "++") == "-+"


def test_it_may_have_to_wait_with_its_beginning_but_not_with_its_end():
    lasting = Lasting(2)
    assert stands(lasting, "+++", may_begin=False) == "---"
    assert stands(lasting, "+") == "+"
    assert stands(lasting, "--", may_begin=False) == "+-"
