from timekeeper.solution import Lasting


def stands(lasting, looks, every_s=1.0, **others):
    """Whether it stands after each look: ``-`` where nothing is seen."""
    return "".join(
        "-+"[lasting.note(number * every_s, is_seen=look == "+", **others)] for number, look in enumerate(looks)
    )


def test_it_begins_and_ends_after_so_many_in_a_row():
    lasting = Lasting(3)
    assert stands(lasting, "++-+++") == "-----+"
    assert stands(lasting, "-+----") == "++++--"


def test_it_takes_a_while_both_ways():
    lasting = Lasting(3, lasting_s=5.0)
    assert stands(lasting, "+" * 7) == "-----++"
    assert stands(lasting, "-" * 7) == "+++++--"
    assert stands(Lasting(3, lasting_s=5.0), "++++", every_s=10.0) == "--++"


def test_one_look_counts_once():
    lasting = Lasting(2)
    assert stands(lasting, "+++", is_new=False) == "---"
    assert stands(lasting, "++") == "-+"


def test_it_may_have_to_wait_with_its_beginning_but_not_with_its_end():
    lasting = Lasting(2)
    assert stands(lasting, "+++", may_begin=False) == "---"
    assert stands(lasting, "+") == "+"
    assert stands(lasting, "--", may_begin=False) == "+-"
