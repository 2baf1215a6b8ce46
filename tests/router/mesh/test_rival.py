import dataclasses

import pytest

from communicator.router.events import LinkKind
from communicator.router.mesh.offer import Offer
from communicator.router.mesh.rival import ELDER_ANSWERS_WITHIN_S, Rival
from communicator.router.registry import Link, Peer


def test_a_rival_gets_more_time_and_is_the_same():
    """How rivals wait, win and lose is told in test_handshake.py."""
    link = Link(1, LinkKind.REMOTE, "10.0.0.8:5000")
    rival = Rival(link, Offer(peer=Peer(server="beta", address="10.0.0.8:4042")), "s1", 1000.0)
    later = dataclasses.replace(rival, deadline_s=rival.deadline_s + ELDER_ANSWERS_WITHIN_S)
    assert (later.link, later.offer, later.serial, later.deadline_s) == (link, rival.offer, "s1", 1002.0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        rival.serial = "s2"
