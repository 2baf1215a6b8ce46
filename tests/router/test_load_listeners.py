from communicator.router.cores.load_listeners import Asked, LoadListeners, names_of
from communicator.router.vocabulary.events import LinkKind
from communicator.router.vocabulary.registry import Link, Party

ONE, OTHER = Link(1, LinkKind.UNIX, "one"), Link(2, LinkKind.UNIX, "other")
FAR = Party("far", "communicatord")


def test_a_host_has_two_names():
    assert names_of("10.0.0.9:4042") == ("10.0.0.9:4042", "10.0.0.9")
    assert names_of("[fd00::9]:4042") == ("[fd00::9]:4042", "fd00::9")


def test_whoever_listens_under_both_names_is_there_once():
    load = LoadListeners(of_others={"10.0.0.9": {ONE: None, OTHER: None}, "10.0.0.9:4042": {OTHER: None}})
    assert load.of_host("10.0.0.9:4042") == [OTHER, ONE]
    assert load.of_host("10.0.0.9:4043") == [ONE, OTHER]
    assert load.of_host("10.0.0.8:4042") == []


def test_who_is_removed_leaves_nothing_behind():
    load = LoadListeners({FAR: None, ONE: 0.5}, {"10.0.0.9": {ONE: None, OTHER: None}, "10.0.0.8": {ONE: None}})
    load.remove(ONE)
    assert (load.of_this_host, load.of_others) == ({FAR: None}, {"10.0.0.9": {OTHER: None}})
    load.remove(OTHER)
    assert not load.is_empty
    load.remove(FAR)
    assert load.is_empty


def test_a_router_is_another_one_on_another_way_or_in_another_life():
    asked = Asked("10.0.0.9:4042", 1, "b1", 60.0)
    assert asked.is_same(asked._replace(until_s=120.0))
    for changed in (asked._replace(link=2), asked._replace(boot_id="b2"), asked._replace(address="10.0.0.8:4042")):
        assert not asked.is_same(changed)
