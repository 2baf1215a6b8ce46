"""Routers that are wrong in one way each: the simulator must notice every one of them."""

import re

import pytest
from msgspec.structs import replace

from communicator.router import Router
from communicator.router.mesh.mesh import Weight
from communicator.router.vocabulary.effects import Send
from communicator.router.vocabulary.events import LinesReceived, LinkKind, LinkOpened
from simulation.campaign import FoundError, LiarPlay, Play, run_seed

SEEDS = range(1, 13)
"""A mutant has to be found by one of these."""
ID = re.compile(rb"[ ;]id=(\d+)")


class Mutant(Router):
    """A router whose effects are tampered with on their way to the shell."""

    def __init__(self, config, now):
        super().__init__(config, now)
        self.kinds = {}
        self.deliveries = 0

    def handle(self, event, now):
        if isinstance(event, LinkOpened):
            self.kinds[event.link] = event.kind
        tampered = []
        for effect in super().handle(event, now):
            if isinstance(effect, Send) and ID.search(effect.data) and self.kinds[effect.link] is LinkKind.UNIX:
                self.deliveries += 1
                tampered.extend(self.deliver(effect))
            elif isinstance(effect, Send):
                tampered.append(self.tell(effect))
            else:
                tampered.append(effect)
        return tampered

    def deliver(self, effect):
        return [effect]

    def tell(self, effect):
        return effect


class Doubles(Mutant):
    def deliver(self, effect):
        return [effect, effect] if self.deliveries % 10 == 0 else [effect]


class Loses(Mutant):
    def deliver(self, effect):
        return [] if self.deliveries % 10 == 0 else [effect]


class Swaps(Mutant):
    late = None

    def deliver(self, effect):
        if self.late is not None:
            late, self.late = self.late, None
            return [effect, late]
        if self.deliveries % 5 == 0:
            self.late = effect
            return []
        return [effect]


class Scatters(Mutant):
    def deliver(self, effect):
        if self.deliveries % 10 or b"/TELL_" not in effect.data:
            return [effect]
        return [replace(effect, link=link) for link, kind in self.kinds.items() if kind is LinkKind.UNIX]


class Garbles(Mutant):
    def deliver(self, effect):
        return [replace(effect, data=effect.data.replace(b"plain", b"prain"))]


class Forges(Mutant):
    def deliver(self, effect):
        return [replace(effect, data=re.sub(rb"^<host\d+:", b"<host99:", effect.data))]


class Reveals(Mutant):
    def deliver(self, effect):
        return [replace(effect, data=effect.data.replace(b" id=", b" hops_left=3;id="))]


class ClaimsMajority(Mutant):
    def tell(self, effect):
        return replace(effect, data=effect.data.replace(b"status=down", b"status=up"))


class MissesServers(Mutant):
    def tell(self, effect):
        return replace(effect, data=effect.data.replace(b"host0,", b""))


class FailsAtTimes(Mutant):
    def deliver(self, effect):
        if self.deliveries == 20:
            raise KeyError(effect.link)
        return [effect]


class NeverRests(Mutant):
    def next_deadline(self):
        return 0.0


class Hoards(Mutant):
    def __init__(self, config, now):
        super().__init__(config, now)
        self._board.hoard = []

    def handle(self, event, now):
        if isinstance(event, LinesReceived):
            self._board.hoard.append(event)
        return super().handle(event, now)


class Gullible(Mutant):
    """Believes the later word, whoever tells it, as routers did before they knew better."""

    def __init__(self, config, now):
        super().__init__(config, now)
        self._board.mesh.weigh = lambda _link, _record: Weight.OPEN


@pytest.mark.parametrize(
    ("mutant", "complaint"),
    [
        (Doubles, "twice"),
        (Loses, "was lost on its way"),
        (Swaps, "sent later"),
        (Scatters, "must not receive"),
        (Garbles, "whose text is not the one that was sent"),
        (Forges, "as if it came from 'host99:"),
        (Reveals, "with what is only for routers"),
        (ClaimsMajority, "contradicts itself|both say up"),
        (MissesServers, "says the servers are"),
        (FailsAtTimes, "raised KeyError"),
        (NeverRests, "busy loop"),
        (Hoards, r"entries in Switchboard\.hoard"),
    ],
)
def test_a_mutant_is_found(mutant, complaint):
    seed, found = first_found(mutant)
    assert re.search(complaint, found)
    assert f"python -m simulation --seed {seed}" in found


def test_who_believes_whatever_a_member_says_is_found():
    _, found = first_found(Gullible, LiarPlay)
    assert re.search(r"lost on its way|does not reach|says the servers are|a member has invented", found)


def first_found(mutant, kind=Play):
    for seed in SEEDS:
        try:
            run_seed(seed, mutant, kind)
        except FoundError as error:
            return seed, str(error)
    return pytest.fail(f"nothing found in {len(SEEDS)} seeds")
