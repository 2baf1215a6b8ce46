from communicator.router.vocabulary.carrier import Hop, group_by_hop
from communicator.router.vocabulary.events import LinkKind
from communicator.router.vocabulary.registry import Link, Peer

NEAR = Link(1, LinkKind.REMOTE, "192.0.2.1:1", peer=Peer(server="b", address="192.0.2.1:4042"))
OTHER = Link(2, LinkKind.REMOTE, "192.0.2.2:1", peer=Peer(server="d", address="192.0.2.2:4042"))
HOPS = {
    "b": Hop(NEAR, is_last=True),
    "c": Hop(NEAR, is_last=False),
    "d": Hop(OTHER, is_last=True),
    "l": Hop(OTHER, is_last=True, is_leaf=True),
}


class Ways:
    """All of a carrier that is asked when copies are grouped."""

    def hop(self, server):
        return HOPS.get(server)


def test_one_copy_serves_all_behind_a_link_whether_it_ends_there_or_not():
    groups = {hop.link: servers for hop, servers in group_by_hop(Ways(), "dcb").items()}
    assert groups == {NEAR: ["b", "c"], OTHER: ["d"]}


def test_a_leaf_has_a_copy_of_its_own():
    assert sorted((hop.is_leaf, servers) for hop, servers in group_by_hop(Ways(), "dl").items()) == [
        (False, ["d"]),
        (True, ["l"]),
    ]


def test_who_is_out_of_reach_is_left_out():
    assert group_by_hop(Ways(), ["zz"]) == {}
