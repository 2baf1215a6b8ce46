"""Mixed clusters beside C++ ones with the same links: what clients say must arrive as often, and never more often.

A C++ router sends a message on to the routers it dialled and to the first of those that dialled it, so that it matters who links
with whom, and in which order. The twin of a cluster has C++ routers only, and the links of the cluster in their order.
"""

import itertools
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from simulation.leaf import Leaf
from simulation.mixed import Cast, Mixed

HOSTS = "abcde"
KINDS = "bc"
FOLLOWS_S = 0.1
"""Links have no delay here, so that what a line sets off happens at once; a sender may ask for unknown names 10 times a second."""
RECOVERS_S = 130.0
"""After a restart: two rounds of the dials of a C++ router."""
TROUBLES = 4
LINES_OF_FIVE = 200

Receipts = Counter[tuple[str, str]]
"""How often each client of each host received a line."""


class Line(NamedTuple):
    """What one client says."""

    host: str
    text: str
    copies: int
    """To how many hosts it may go: to one, or to each that has its service."""


class Finding(NamedTuple):
    """A line that did not arrive as it should."""

    cast: Cast
    line: Line
    wrong: str
    twin: Receipts
    mixed: Receipts

    def __str__(self) -> str:
        """For people."""
        where = f"kinds={self.cast.kinds} edges={self.cast.edges} order={self.cast.order}"
        return f"{self.line.host} says {self.line.text}: {self.wrong} ({where}): {dict(self.mixed)}, C++: {dict(self.twin)}"


def services_of(hosts: str) -> Cast:
    """Services with and without a ``.service`` file: each on one host, and each on two; and one that is on none."""
    services, files = {"nobody": ""}, {}
    for some in (*hosts, *map("".join, itertools.combinations(hosts, 2))):
        services |= {f"plain_{some}": some, f"filed_{some}": some}
        files[f"filed_{some}"] = some
    return Cast(kinds="c" * len(hosts), services=services, files=files)


@lru_cache
def lines_of(hosts: str) -> tuple[Line, ...]:
    """Every form of address, from every host: to any instance, to this host, to a named one, to all."""
    cast = services_of(hosts)
    lines = []
    for host in hosts:
        for service, on in cast.services.items():
            forms = [service, f"*:{service}", f"?:{service}", f".:{service}", *(f"{one}:{service}" for one in on)]
            lines += [Line(host, f"{form}/PAYLOAD n=1", max(1, len(on))) for form in forms]
        lines += [Line(host, f"{scope}/NOTIFY n=1", 1) for scope in ".?*"]
    return tuple(lines)


def small_casts(size: int, orders: random.Random) -> Iterator[Cast]:
    """Every graph of so many hosts of both kinds, started in rising, falling, and one more order."""
    hosts = HOSTS[:size]
    pairs = list(map("".join, itertools.combinations(hosts, 2)))
    subsets = (edges for count in range(1, len(pairs) + 1) for edges in itertools.combinations(pairs, count))
    for edges in subsets:
        some = "".join(orders.sample(hosts, size))
        for order, kinds in itertools.product((hosts, hosts[::-1], some), itertools.product(KINDS, repeat=size)):
            if len(set(kinds)) > 1:
                yield replace(services_of(hosts), kinds="".join(kinds), edges=edges, order=order)


def random_cast(chance: random.Random) -> Cast:
    """Five hosts of both kinds, most of which reach each other."""
    pairs = map("".join, itertools.combinations(HOSTS, 2))
    kinds = chance.choice([kinds for kinds in itertools.product(KINDS, repeat=len(HOSTS)) if len(set(kinds)) > 1])
    edges = tuple(pair for pair in pairs if chance.random() < chance.choice((0.5, 0.8, 1.0)))
    order = "".join(chance.sample(HOSTS, len(HOSTS)))
    return replace(services_of(HOSTS), kinds="".join(kinds), edges=edges, order=order)


def play_graph(cast: Cast) -> list[Finding]:
    """What is wrong in a small cluster, whatever is said in it."""
    return compare(cast, lines_of(cast.hosts))


def play_five(seed: int) -> list[Finding]:
    """What is wrong in a cluster of five hosts; in every second one routers are killed and started again before."""
    chance = random.Random(seed)
    cast = random_cast(chance)
    return compare(cast, chance.sample(lines_of(HOSTS), LINES_OF_FIVE), chance if seed % 2 else None)


def compare(cast: Cast, lines: Iterable[Line], troubles: random.Random | None = None) -> list[Finding]:
    """Play a cluster and its twin.

    Args:
        cast: Who takes part.
        lines: What their clients say once all is calm.
        troubles: What kills routers, and starts them again, before that; None for calm.
    """
    mixed = Mixed(cast)
    mixed.settle()
    found = _upset(mixed, troubles) if troubles else []
    order, known = mixed.accepted(), _known(mixed)
    lines = tuple(lines)
    for line, wanted in zip(lines, _say_in_twin(cast.hosts, _frozen(order), _frozen(known), lines), strict=True):
        heard = _say(mixed, line)
        wrong = judge(line, wanted, heard)
        if wrong:
            found.append(Finding(cast, line, wrong, wanted, heard))
    return found


def judge(line: Line, twin: Receipts, mixed: Receipts) -> str:
    """What is wrong with how a line arrived; empty when nothing is."""
    if line.text[0] in ".?*" and line.text[1] == "/":
        lost = [client for client in twin if not mixed[client]]
        doubled = [client for client, count in mixed.items() if count > max(1, twin[client])]
    else:
        lost = ["it"] if twin and not mixed else []
        doubled = [client for client, count in mixed.items() if count > max((1, *twin.values()))]
        doubled += ["it"] if mixed.total() > max(line.copies, twin.total()) else []
    return f"lost {lost}" if lost else f"doubled {doubled}" if doubled else ""


def _upset(mixed: Mixed, chance: random.Random) -> list[Finding]:
    """Kill routers and start them again; what is said meanwhile may be lost, and never comes twice."""
    found, hosts = [], mixed.cast.hosts
    for _ in range(TROUBLES):
        victim = chance.choice(hosts)
        mixed.stop(victim, chance.choice(("SIGTERM", "SIGINT"))) if chance.random() < 0.5 else mixed.kill(victim)
        found += _chatter(mixed, chance, hosts.replace(victim, ""))
        mixed.run(chance.choice((0.0, 1.0, 30.0)))
        mixed.start(victim)
        found += _chatter(mixed, chance, hosts)
    mixed.run(RECOVERS_S)
    return found


def _chatter(mixed: Mixed, chance: random.Random, hosts: str) -> Iterator[Finding]:
    spoken = [line for line in lines_of(mixed.cast.hosts) if line.host in hosts and line.copies == 1]
    for line in chance.sample(spoken, 5):
        links, known = _frozen(mixed.accepted()), _frozen(_known(mixed))
        heard = _say(mixed, line)
        [twin] = _say_in_twin(mixed.cast.hosts, links, known, (line,))
        if max(heard.values(), default=0) > max((1, *twin.values())):
            yield Finding(mixed.cast, line, "doubled amid troubles", twin, heard)


def _say(mixed: Mixed, line: Line) -> Receipts:
    heard = mixed.say(line.host, f"cli_{line.host}", line.text, FOLLOWS_S)
    return Counter((each.host, each.client) for each in heard if b"n=1" in each.line)


def _known(mixed: Mixed) -> dict[str, str]:
    """Whom each C++ router knows, and each of ours is linked with."""
    order = mixed.accepted()
    linked = {host: {host, *order[host], *(other for other in order if host in order[other])} for host in order}
    return {host: "".join(sorted(mixed.known(host) or linked[host])) for host in order}


_Frozen = tuple[tuple[str, str], ...]


def _frozen(told: dict[str, str]) -> _Frozen:
    return tuple(sorted(told.items()))


@lru_cache(maxsize=512)
def _say_in_twin(hosts: str, order: _Frozen, known: _Frozen, lines: tuple[Line, ...]) -> list[Receipts]:
    """The receipts in a cluster of C++ routers that have dialled each other in this order, and know these hosts."""
    edges = tuple(host + other for host, others in order for other in others)
    cast = replace(services_of(hosts), edges=edges, neighbors=dict(known), saved=dict(known))
    twin = Mixed(cast)
    twin.settle()
    for host, others in order:
        core = twin.nodes[host].core
        if isinstance(core, Leaf):
            twin.rank_accepted(host, others)
    if twin.accepted() != dict(order):
        raise AssertionError(f"the twin has other links: {twin.accepted()}, not {dict(order)}")
    return [_say(twin, line) for line in lines]
