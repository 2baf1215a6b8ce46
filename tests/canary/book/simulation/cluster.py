"""Hosts with books that crash, are cut off, join, lose disks and get old ones back, on clocks of their own: one seed, one story.

The book, what is told of it, and what is kept are the canary's own; the network and the disks are lists, and time is an argument.
"""

import random
from dataclasses import dataclass, field

import msgspec

from canary import ordered
from canary.book.book import Book
from canary.book.exchange import EVERY_S, Exchange
from canary.book.kept import Moment, put, read_kept, write_kept
from canary.feature.in_force import InForce
from canary.given import ANY, Command, Stamp
from canary.judge.overrides import override_of
from canary.judge.state import State
from canary.orders import enter
from canary.records import ALL, Actor, CellKey, ServerJudged, Version, VersionJudged
from communicator.errors import RemoteProtocolError

STEP_S = 0.25
DELAY_S = 0.2
"""How long a message takes at most."""
SPANS_S = (5.0, 20.0, 3_600.0)
VERSIONS = ("1.0", "2.0")
FEATURES = ("checkout", "search")
HOUR_S = 3_600.0
HOSTS = 6
PLACES = ("open", "expired", "lifted")


@dataclass
class Disk:
    """What a host keeps, and what somebody has put aside of it."""

    text: str = ""
    backup: str = ""
    is_full: bool = False


@dataclass
class Host:
    """One host; its canary runs or does not."""

    name: str
    ahead_s: float
    """Of its monotonic clock."""
    wall_ahead_s: float
    boot: int = 0
    disk: Disk = field(default_factory=Disk)
    book: Book = field(default_factory=Book)
    exchange: Exchange | None = None
    """None while its canary is down."""
    seen: frozenset = frozenset()
    """Whom it reached last."""
    saved: int = -1
    in_effect: dict = field(default_factory=dict)
    """By subject, the stamp of the decision that this life of its canary has seen in effect."""


class Cluster:
    """Some hosts.

    Args:
        seed: From which all follows.
    """

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.now_s = 0.0
        self.number = 0
        self.halves = {}
        self.under_way = []
        self.hosts = {}
        self.journal = []
        for name in ("alpha", "beta", "gamma", "delta"):
            self.join(name)

    def join(self, name):
        ahead_s, wall_ahead_s = self.random.choice((0.0, 1e6)), self.random.choice((0.0, HOUR_S, -HOUR_S))
        self.hosts[name] = Host(name, ahead_s, wall_ahead_s)
        self.start(self.hosts[name])

    # ----- one host

    def clock(self, host):
        return self.now_s + host.ahead_s

    def moment(self, host):
        return Moment(f"{host.name}-{host.boot}", self.clock(host), 1e9 + self.now_s + host.wall_ahead_s)

    def start(self, host):
        host.book = Book()
        kept = read_kept(host.disk.text, self.moment(host), self.clock(host))
        assert not kept.faults
        put(host.book, kept)
        host.exchange = Exchange(host.name, host.book, kept.members, self.clock(host))
        host.seen, host.saved, host.in_effect = frozenset(), -1, {}

    def save(self, host):
        if host.saved != host.book.revision and not host.disk.is_full:
            moment, now_s = self.moment(host), self.clock(host)
            host.disk.text = write_kept(
                (each for _, each in host.book.entries()), host.exchange.members, 0.0, moment, now_s
            )
            host.saved = host.book.revision

    def order(self, host, command, server, version, span_s):
        """An operator gives an order to the canary of a host."""
        self.number += 1
        duration_s = 0.0 if command in ("withdraw", "pardon", "unfreeze") else span_s
        wanted = Command(
            command,
            Version("billing", version, ALL),
            server,
            duration_s,
            "told so",
            Actor(user="root", server=host.name),
        )
        stamp = Stamp(host.name, f"{self.number:016}", 1e9 + self.now_s + host.wall_ahead_s)
        try:
            entered = enter(wanted, host.book, stamp, self.clock(host))
        except RemoteProtocolError:
            return  # there is nothing to withdraw
        self.post(host.name, host.exchange.push(entered.concerned, self.clock(host)))
        self.save(host)

    def order_flag(self, host, command, feature, span_s):
        """An operator gives an order about a feature flag to the canary of a host."""
        self.number += 1
        flag = b'{"variants":{"on":true,"off":false},"defaultVariant":"on","number":%d}' % self.number
        wanted = Command(command, ANY, ALL, span_s, "told so", Actor(user="root", server=host.name), feature, flag)
        stamp = Stamp(host.name, f"{self.number:016}", 1e9 + self.now_s + host.wall_ahead_s)
        try:
            entered = enter(wanted, host.book, stamp, self.clock(host))
        except RemoteProtocolError:
            return  # there is nothing to be switched on, or to be removed
        self.post(host.name, host.exchange.push(entered.concerned, self.clock(host)))
        self.save(host)

    def turn(self, host):
        """What a canary does in each of its rounds."""
        host.book.advance(self.clock(host))
        reached = frozenset(name for name in self.hosts if self.is_open(host.name, name))
        if reached - host.seen:
            host.exchange.announce_soon()
        host.seen = reached
        self.save(host)
        now_s = self.clock(host)
        self.post(host.name, [*host.exchange.announce(now_s), *host.exchange.push(host.exchange.settle(), now_s)])
        self.watch(host)

    def watch(self, host):
        """What is in effect on a host is never replaced by something older."""
        for entry_id, decided in host.book.decisions():
            stamp = decided.committed and decided.committed.stamp
            before = host.in_effect.get(entry_id)
            assert before is None or (stamp is not None and stamp >= before), f"{entry_id} goes back on {host.name}"
            if stamp is not None:
                host.in_effect[entry_id] = stamp

    # ----- the network

    def is_open(self, one, other):
        return self.halves.get(one, 0) == self.halves.get(other, 0)

    def post(self, sender, messages):
        for message in messages:
            stamped = msgspec.structs.replace(message, sent_from_server=sender, sent_from_service="canary")
            for other in [message.server] if message.server else [name for name in self.hosts if name != sender]:
                self.under_way.append((self.now_s + self.random.uniform(0, DELAY_S), sender, other, stamped))

    def deliver(self):
        arrived = [each for each in self.under_way if each[0] <= self.now_s]
        self.under_way = [each for each in self.under_way if each[0] > self.now_s]
        self.random.shuffle(arrived)
        for _at_s, sender, receiver, message in arrived:
            host = self.hosts[receiver]
            if host.exchange is not None and self.is_open(sender, receiver):
                heard = host.exchange.hear(message, self.clock(host))
                assert heard.refused == ()
                self.post(receiver, heard.answers)

    def run(self, span_s):
        end_s = self.now_s + span_s
        while self.now_s < end_s:
            self.now_s += STEP_S
            self.deliver()
            for host in self.hosts.values():
                if host.exchange is not None:
                    self.turn(host)

    # ----- what may happen

    def trouble(self):
        """One thing happens."""
        host = self.random.choice(list(self.hosts.values()))
        what = self.random.choice(TROUBLES)
        self.journal.append(f"{self.now_s:g} {what} {host.name}")
        is_up = host.exchange is not None
        if what in UP:
            if is_up:
                UP[what](self, host)
        elif what in DOWN:
            if not is_up:
                DOWN[what](self, host)
        else:
            EITHER[what](self, host)

    def give(self, host):
        choice = self.random.choice
        command = choice(("block", "block", "allow", "pin", "withdraw", "pardon", "freeze", "unfreeze"))
        self.order(host, command, choice((ALL, *self.hosts)), choice(VERSIONS), choice(SPANS_S))

    def give_flag(self, host):
        choice = self.random.choice
        command = choice(("feature-off", "feature-off", "feature-on", "feature-set", "feature-set", "feature-remove"))
        self.order_flag(host, command, choice(FEATURES), choice((0.0, *SPANS_S)))

    def decide(self, host):
        """The canary of a host leads, or believes so, and decides something."""
        choice = self.random.choice
        term = host.book.latest[0] + self.random.randrange(2)
        body = choice(
            (
                VersionJudged(
                    service="billing", version=choice(VERSIONS), build="", state=choice(("held", "ok")), rule="c"
                ),
                ServerJudged(server=choice(tuple(self.hosts)), state=choice(("sick", "ok"))),
            )
        )
        body = msgspec.structs.replace(body, until_at_s=self.clock(host) + choice(SPANS_S))
        proposed = host.book.propose(body, host.name, term, self.clock(host), 0.0)
        self.post(host.name, host.exchange.push(filter(None, (proposed,)), self.clock(host)))
        self.save(host)

    def crash(self, host):
        host.exchange = None

    def reboot(self, host):
        host.exchange, host.boot = None, host.boot + 1

    def cut(self, _host):
        self.halves = {name: self.random.randrange(2) for name in self.hosts}

    def heal(self, _host):
        self.halves = {}

    def lose(self, host):
        host.disk.text = ""

    def put_aside(self, host):
        host.disk.backup = host.disk.text

    def restore(self, host):
        host.disk.text = host.disk.backup

    def fill(self, host):
        host.disk.is_full = True

    def make_room(self, host):
        host.disk.is_full = False

    def add(self, _host):
        if len(self.hosts) < HOSTS:
            self.join(f"new{len(self.hosts)}")

    # ----- what must hold

    def known(self):
        """All that living hosts know, or have on a disk that is there: by identifier, how far it is at most."""
        found = {}
        for host in self.hosts.values():
            book = host.book
            if host.exchange is None:
                book = Book()
                put(book, read_kept(host.disk.text, self.moment(host), self.clock(host)))
            for order_id, entry in book.orders():
                found[order_id] = max(found.get(order_id, "open"), entry.place, key=PLACES.index)
        return found

    def defined(self):
        """By flag, the newest definition that any living host knows, or has on a disk that is there."""
        found = {}
        for host in self.hosts.values():
            book = host.book
            if host.exchange is None:
                book = Book()
                put(book, read_kept(host.disk.text, self.moment(host), self.clock(host)))
            for known in filter(None, map(book.definition, FEATURES)):
                found[known.feature] = max(found.get(known.feature, known.stamp), known.stamp)
        return found

    def in_effect(self):
        """By subject, the newest decision that was in effect on any host that knows it still."""
        found = {}
        for host in self.hosts.values():
            for entry_id, decided in host.book.decisions() if host.exchange is not None else ():
                if decided.committed is not None:
                    found[entry_id] = max(found.get(entry_id, decided.committed.stamp), decided.committed.stamp)
        return found

    def mend(self):
        """Everything is repaired."""
        self.halves = {}
        for host in self.hosts.values():
            host.disk.is_full = False
            if host.exchange is None:
                self.start(host)

    def agree(self):
        """Whether all hold the same and enforce the same."""
        return (
            len({host.book.digests() for host in self.hosts.values()})
            == 1
            == len({self.enforced(host) for host in self.hosts.values()})
        )

    def enforced(self, host):
        now_s = self.clock(host)
        state = State(overrides=ordered.overrides(host.book, now_s))
        keys = [CellKey(server, "billing", version, "") for server in self.hosts for version in VERSIONS]
        words = [override_of(state, key, now_s) for key in keys]
        in_force = InForce("n")
        in_force.follow(host.book)
        flags = [in_force.get(feature) for feature in FEATURES]
        return (*("" if word is None else word.order for word in words), *flags)


UP = {
    "order": Cluster.give,
    "flag": Cluster.give_flag,
    "decide": Cluster.decide,
    "crash": Cluster.crash,
    "reboot": Cluster.reboot,
}
DOWN = {"start": Cluster.start, "lose": Cluster.lose, "restore": Cluster.restore}
EITHER = {
    "cut": Cluster.cut,
    "heal": Cluster.heal,
    "backup": Cluster.put_aside,
    "full": Cluster.fill,
    "room": Cluster.make_room,
    "join": Cluster.add,
}
TROUBLES = (*UP, *DOWN, *EITHER, "order", "order", "flag", "flag", "start")


def play(seed, troubles=40):
    """Play one story.

    Raises:
        AssertionError: Something does not hold; the text tells the story.
    """
    cluster = Cluster(seed)
    for _ in range(troubles):
        cluster.trouble()
        cluster.run(cluster.random.choice((0.0, STEP_S, 1.0, 6.0)))
    known, defined, in_effect = cluster.known(), cluster.defined(), cluster.in_effect()
    cluster.mend()
    took_s = 0.0
    while not cluster.agree():
        assert took_s <= EVERY_S, told(seed, cluster, "they do not agree")
        cluster.run(STEP_S)
        took_s += STEP_S
    book = next(iter(cluster.hosts.values())).book
    held = {order_id: entry.place for order_id, entry in book.orders()}
    for order_id, place in known.items():
        assert order_id in held, told(seed, cluster, f"{order_id} is lost")
        assert PLACES.index(held[order_id]) >= PLACES.index(place), told(seed, cluster, f"{order_id} is back")
    for feature, stamp in defined.items():
        assert book.definition(feature).stamp >= stamp, told(seed, cluster, f"{feature} is an older one")
    decided = dict(book.decisions())
    for entry_id, stamp in in_effect.items():
        assert decided[entry_id].committed.stamp >= stamp, told(seed, cluster, f"{entry_id} is an older one")
    cluster.run(60.0)
    undecided = [entry_id for entry_id, one in book.decisions() if one.proposed is not None]
    assert not undecided, told(seed, cluster, f"{undecided} wait for a majority that is there")
    assert cluster.agree(), told(seed, cluster, "they do not agree any more")
    return took_s


def told(seed, cluster, fault):
    return "\n".join((f"seed {seed}: {fault}", *cluster.journal))
