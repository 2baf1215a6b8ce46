"""What must hold of several canaries together, whatever happens to them and to what they say: once all is heard, they agree."""

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from canary.given import Command, Stamp
from canary.judge.denylist import HANDOVER_S
from canary.judge.overrides import covers, override_of
from canary.orders import enter
from canary.policy import SAME_S
from canary.records import ALL, CellKey, Version
from canary.rules import Rules
from tests.canary.judge.trial import ACTOR
from tests.canary.simulation.cluster import Cluster

NAMES = ("alpha", "beta", "delta", "gamma")
BAD, GOOD = "2", "1"
RULES = msgspec.convert(
    {
        "a": {"failures": 2, "span_s": 0},
        "b": {"failures": 2},
        "d": {"mode": "enforce"},
        "ambient": {"services": 100, "elsewhere_s": 0, "boot_s": 0},
    },
    Rules,
)
LONGEST_S = RULES.a.longest_block_s * (1 + RULES.probes.jitter)
SOME = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True)
VERSIONS = st.sampled_from((BAD, BAD, GOOD))


class ClusterStory(RuleBasedStateMachine):
    """One service on some servers; its second version dies wherever it runs, unless it works."""

    @initialize(servers=st.integers(1, 4))
    def begin(self, servers):
        self.cluster = Cluster(NAMES[:servers], RULES)
        self.cluster.settle(3)
        for house in self.cluster.houses.values():
            house.begin("fluid", GOOD)
            house.succeed("fluid")
        self.cluster.settle(3)

    def houses(self, names):
        return [self.cluster.houses[name] for name in names if name in self.cluster.houses]

    @rule(names=SOME, version=VERSIONS, times=st.integers(1, 3))
    def fail(self, names, version, times):
        for _ in range(times):
            for house in self.houses(names):
                house.fail("fluid", version)
            self.cluster.pass_time(0.1)

    @rule(names=SOME, version=VERSIONS)
    def work(self, names, version):
        for house in self.houses(names):
            house.begin("fluid", version)
        self.cluster.pass_time(60.0)
        for house in self.houses(names):
            house.succeed("fluid")
        self.cluster.turn()

    @rule(span_s=st.sampled_from((0.5, 15.0, 61.0, 650.0, 1_300.0)))
    def wait(self, span_s):
        self.cluster.pass_time(span_s, max(5.0, span_s / 10))

    @precondition(lambda self: self.cluster.under_way)
    @rule(data=st.data(), what=st.sampled_from(("come", "come", "come", "be lost", "come twice")))
    def handle_some_messages(self, data, what):
        for _ in range(min(5, len(self.cluster.under_way))):
            place = data.draw(st.integers(0, len(self.cluster.under_way) - 1))
            if what == "come twice":
                self.cluster.under_way.append(self.cluster.under_way[place])
            if what == "be lost":
                self.cluster.under_way.pop(place)
            else:
                self.cluster.deliver(place)
        self.cluster.turn()

    @rule()
    def hear_everything(self):
        self.cluster.deliver_all()
        self.cluster.turn()

    @rule(half=st.sets(st.sampled_from(NAMES), max_size=3))
    def split(self, half):
        self.cluster.half = frozenset(half) & frozenset(self.cluster.houses)
        self.cluster.turn()

    @rule(name=st.sampled_from(NAMES), what=st.sampled_from(("canary", "router", "both")))
    def restart(self, name, what):
        for house in self.houses([name]):
            if what != "router":
                house.start()
            if what != "canary":
                house.restart_router()
        self.cluster.turn()

    @precondition(lambda self: len(self.cluster.houses) > 1)
    @rule(data=st.data())
    def go_for_good(self, data):
        name = data.draw(st.sampled_from(sorted(self.cluster.houses)))
        self.cluster.lose(name)
        self.cluster.turn()

    @rule(action=st.sampled_from(("block", "allow")), server=st.sampled_from(("*", *NAMES)), version=VERSIONS)
    def order(self, action, server, version):
        """An operator's word reaches all canaries."""
        first, *others = self.cluster.houses.values()
        command = Command(action, Version("fluid", version, ALL), server, 900.0, "told so", ACTOR)
        enter(command, first.book, Stamp(first.server_name, f"{next(self.cluster.numbers):016}", 0.0), first.now_s())
        for house in others:
            for _order_id, entry in first.book.orders():
                left_s = entry.ends_s - first.now_s()
                house.book.merge(msgspec.structs.replace(entry, ends_s=house.now_s() + left_s))
        self.cluster.turn()

    @rule()
    def settle(self):
        self.cluster.half = frozenset()
        self.cluster.settle()
        self.check_that_all_know_the_same()
        self.check_holds()

    def check_that_all_know_the_same(self):
        minds = [house.mind.state for house in self.cluster.houses.values()]
        assert {mind.leader for mind in minds} == {min(self.cluster.houses)}
        assert len({mind.term for mind in minds}) == 1
        seen = [
            {
                key: (cell.state, cell.until_at_s is None, cell.strikes)
                for key, cell in mind.cells.items()
                if key.server in self.cluster.houses
            }
            for mind in minds
        ]
        assert all(one == seen[0] for one in seen)

    def check_holds(self):
        leader = self.cluster.houses[min(self.cluster.houses)]
        state, now_s = leader.mind.state, leader.now_s()
        for version in state.held:
            if (state.releases[version].until_at_s or 0.0) <= now_s + 1.0:
                continue
            for house in self.cluster.houses.values():
                key = CellKey(house.server_name, *version)
                cell = state.cells.get(key)
                is_left_out = (cell is not None and cell.ever_passed) or override_of(state, key, now_s) is not None
                assert is_left_out or not house.let_in(*version[:2])

    @invariant()
    def an_order_wins(self):
        if not hasattr(self, "cluster"):
            return
        for house in self.cluster.houses.values():
            state = house.mind.state
            for version in (BAD, GOOD):
                order = override_of(state, CellKey(house.server_name, "fluid", version, ""), house.now_s())
                if order is not None and house.enforcement.age_s is not None:
                    assert house.let_in("fluid", version) == (order.action == "allow")

    @invariant()
    def no_block_is_without_end(self):
        if not hasattr(self, "cluster"):
            return
        for house in self.cluster.houses.values():
            for key, cell in house.mind.state.cells.items():
                if cell.state == "blocked" and key.server == house.server_name:
                    assert cell.until_at_s is not None
                    assert cell.until_at_s <= house.now_s() + LONGEST_S

    @invariant()
    def what_is_denied_ends_with_what_it_is_denied_for(self):
        """That of a server which is gone for good, too: nobody there says any more what comes next."""
        if not hasattr(self, "cluster"):
            return
        for house in self.cluster.houses.values():
            if house.enforcement.age_s is None:
                continue
            state, now_s = house.mind.state, house.now_s()
            for server in {*NAMES} - {house.server_name}:
                for version in (BAD, GOOD):
                    key = CellKey(server, "fluid", version, "")
                    if house.policy.blocked(*key[1:], server, self.cluster.now_s) is not None:
                        assert self.last_end_s(state, key) + HANDOVER_S + SAME_S > now_s

    def last_end_s(self, state, key):
        """When all is over that a canary knows against a version on another server."""
        cell, release = state.cells.get(key), state.releases.get(key.of)
        ends = [one.until_at_s for one in state.overrides.values() if covers(one, key)]
        ends += [known.until_at_s for known in (cell, release) if known is not None and known.until_at_s is not None]
        return max(ends, default=-HANDOVER_S)

    def teardown(self):
        if not hasattr(self, "cluster"):
            return
        try:
            self.settle()
        finally:
            self.cluster.close()


class TestClusterStory(ClusterStory.TestCase):
    settings = settings(
        max_examples=60,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
