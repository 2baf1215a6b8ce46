"""Of the links of this host each user has a share."""

import os

from communicator.daemon.link_shares import LinkShares
from communicator.router.vocabulary.events import User

ROOT, OURS = User(0, "root", frozenset()), User(os.geteuid(), "ours", frozenset())
MALLORY, ALICE = User(4_000_001, "mallory", frozenset()), User(4_000_002, "alice", frozenset())


def fill(shares, user, links_max, first=0, *, is_local=True):
    """As many links as are taken."""
    number = first
    while not (reason := shares.why_not(user, links_max, is_local=is_local)):
        shares.take(number, user, is_local=is_local)
        number += 1
    return number - first, reason


def test_one_user_leaves_room_for_others():
    shares = LinkShares()
    assert fill(shares, MALLORY, 100) == (
        51,
        "user 'mallory' has its share of the 100 links that may be held: end some, or raise limits.links",
    )
    assert fill(shares, None, 100, 100)[0] == 25  # who cannot be told is one user among others
    assert fill(shares, ALICE, 100, 200)[0] == 13
    for number in (0, 0, 1):
        shares.give_back(number)
    assert fill(shares, MALLORY, 100)[0] == 0  # others have come meanwhile
    assert fill(shares, ALICE, 100, 300)[0] == 1


def test_who_may_stop_the_router_and_other_hosts_may_hold_them_all():
    for user, is_local in ((ROOT, True), (OURS, True), (None, False)):
        assert fill(LinkShares(), user, 100, is_local=is_local) == (100, "100 links are held, more are not taken")
