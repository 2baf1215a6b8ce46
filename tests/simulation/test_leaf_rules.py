"""Who sends a message on to whom, by a few lines of rules that stand beside the leaf: both say the same in every graph of four.

These rules alone foretold what C++ routers did in the recordings, given who was linked with whom.
"""

from itertools import combinations

import pytest

from simulation.leaf.connection import Side
from simulation.mixed import Cast, Mixed

HOSTS = "abcd"
PAIRS = [one + other for one, other in combinations(HOSTS, 2)]
GRAPHS = [edges for size in range(len(PAIRS) + 1) for edges in combinations(PAIRS, size)]
WHERE_IT_RUNS = ("", "c", "bd")
HAPPENS_S = 0.01


def ip(host):
    return f"10.9.0.{HOSTS.index(host) + 1}"


class Ways:
    """How routers are linked, and what follows from it."""

    def __init__(self, mixed):
        self.dialled, self.in_vain, self.accepted = {}, {}, {}
        for host, node in mixed.nodes.items():
            board = node.core._board
            names = {link: other.name for link, (other, _) in node.far.items()}
            smaller = sorted(board.neighbors.smaller.values(), key=lambda neighbor: neighbor.address)
            self.dialled[host] = [names[each.connection.link] for each in smaller if each.met]
            self.in_vain[host] = [each.address.partition(":")[0] for each in smaller if not each.met]
            self.accepted[host] = [names[each.link] for each in board.of_side(Side.ACCEPTED)]

    def targets(self, host, informed, *, is_broadcast):
        ways = [(ip(other), other) for other in self.dialled[host]]
        ways += [(address, None) for address in self.in_vain[host] if is_broadcast]
        ways += [(ip(host), other) for other in self.accepted[host]]
        informed, chosen = set(informed), []
        for address, other in ways:
            if address not in informed:
                informed.add(address)
                chosen.append(other)
        return [other for other in chosen if other], sorted(informed)

    def copies(self, host, runs, *, is_broadcast, informed=(), hops=0):
        """(from, to, hops, list) of each copy; `runs` are the hosts that have the service."""
        if host in runs and not is_broadcast:
            return []
        others, informed = self.targets(host, informed, is_broadcast=is_broadcast)
        found = [(host, other, hops + 1, ",".join(informed)) for other in others]
        for other in others:
            found += self.copies(other, runs, is_broadcast=is_broadcast, informed=informed, hops=hops + 1)
        return found


def copy_of(sender, receiver, line):
    parameters = dict(part.split("=", 1) for part in line.decode().split()[-1].split(";"))
    return sender, receiver, int(parameters["broadcast_hops"]), parameters["broadcast_informed_neighbors"]


@pytest.mark.parametrize("order", ["abcd", "dcba", "bdac"])
@pytest.mark.parametrize("knows_all", [True, False])
def test_leaves_send_on_by_the_rules(order, knows_all):
    for edges in GRAPHS:
        reached = {host: "".join(other for other in HOSTS if {host, other} in map(set, edges)) for host in HOSTS}
        for runs in WHERE_IT_RUNS:
            lines = []
            cast = Cast(
                kinds="cccc",
                edges=edges,
                neighbors={} if knows_all else reached,
                services={"svc": runs},
                order=order,
            )
            mixed = Mixed(cast, lambda *line, lines=lines: lines.append(line))
            mixed.settle()
            ways = Ways(mixed)
            for host in HOSTS:
                for text in ("svc/PAYLOAD n=1", "*/NOTIFY n=1"):
                    lines.clear()
                    mixed.say(host, f"cli_{host}", text, HAPPENS_S)
                    expected = ways.copies(host, runs, is_broadcast=text.startswith("*"))
                    assert sorted(copy_of(*line) for line in lines) == sorted(expected), (edges, runs, host, text)
