"""Whatever happens in whichever order: no deployment is lost, nothing is done twice on a host, nothing is left behind."""

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from canary.deployment.start import RefusedError
from canary.deployment.steering import WORDS
from canary.deployment.traffic import weights
from canary.records import ShadowCompared
from tests.canary.deployment.world import NEW, OLD, Host, World

HOSTS = st.sampled_from("abcde")
STRATEGIES = st.sampled_from(
    [
        {"steps": [{"servers": 1, "bake": "5s", "weight": "10%"}, {"servers": "50%", "bake": "5s", "pause": True}]},
        {"steps": [{"servers": "25%", "bake": "5s", "pause": "10s"}], "equal_age": True, "on_failure": "pause"},
        {"strategy": "blue-green", "keep": "20s"},
        {"strategy": "shadow", "shadow": {"server": "d", "bake": "5s"}},
        {"strategy": "shadow", "shadow": {"server": "e", "bake": "5s", "noise": "second"}},
        {"shadow": {"server": "a", "bake": "5s"}, "steps": [{"servers": 1, "bake": "5s"}], "on_failure": "pause"},
        {"strategy": "blue-green", "keep": "20s", "shadow": {"server": "b", "bake": "5s", "timeout": "60s"}},
        {"strategy": "blue-green", "keep": "20s", "promote": "by hand", "on_timeout": "promote", "timeout": "60s"},
    ]
)


COMPARED = ShadowCompared(server="a", shadow="d", service="billing", version=NEW, compared=1_000)


class Schedules(RuleBasedStateMachine):
    """Any order of what can happen."""

    def __init__(self):
        super().__init__()
        self.world = World(hosts={name: Host() for name in "abcd"} | {"e": Host(running=set())})
        self.world.comparisons = [COMPARED]
        self.ids = []
        self.alone = set()
        """The deployments that are nothing but a shadow."""

    @rule(how=STRATEGIES, version=st.sampled_from([NEW, "2.1"]))
    def start(self, how, version):
        try:
            self.world.start(version=version, bake="5s", deadline="30s", **how)
        except RefusedError:
            return
        self.ids.append(self.world.at.at.id)
        self.alone |= {self.ids[-1]} if self.world.at.at.spec.strategy == "shadow" else set()

    @precondition(lambda self: self.ids)
    @rule(word=st.sampled_from(WORDS), full=st.booleans())
    def say(self, word, full):
        try:
            self.world.say(word, full=full)
        except RefusedError:
            return

    @precondition(lambda self: self.ids)
    @rule(seconds=st.integers(1, 40))
    def pass_time(self, seconds):
        self.world.pass_time(seconds)

    @rule(name=HOSTS, is_up=st.booleans())
    def reach(self, name, is_up):
        self.world.hosts[name].is_up = is_up

    @rule(name=HOSTS, acknowledges=st.booleans())
    def acknowledge(self, name, acknowledges):
        self.world.hosts[name].acknowledges = acknowledges

    @rule(name=HOSTS, version=st.sampled_from([OLD, NEW]), is_bad=st.booleans())
    def find(self, name, version, is_bad):
        faults = self.world.hosts[name].faults
        faults.pop(version, None)
        if is_bad:
            faults[version] = "failed 5 times"

    @rule(enough=st.booleans(), log10=st.sampled_from([0.0, 2.5, 4.0]))
    def compare(self, enough, log10):
        self.world.comparisons = [msgspec.structs.replace(COMPARED, log10_evidence=log10)] if enough else []

    @rule(name=HOSTS, failed=st.integers(0, 2))
    def shadow_dies(self, name, failed):
        self.world.hosts[name].failed += failed
        self.world.hosts[name].shadows.clear()

    @invariant()
    def nothing_is_done_twice(self):
        for host in self.world.hosts.values():
            once = [(task.deployment, task.step, task.attempt, task.verb, task.version) for task in host.done]
            assert len({*once}) == len(once)

    @invariant()
    def one_is_under_way_and_none_is_lost(self):
        if self.ids:
            assert self.world.at.at.id == self.ids[-1]
            assert [moved.moves for moved in self.world.told if moved.id == self.ids[-1]] == list(
                range(1, self.world.at.at.moves + 1)
            )

    @invariant()
    def nothing_is_left_behind(self):
        if self.ids and self.world.at.at.is_over:
            assert not list(weights([self.world.at]))
            assert self.world.at.at.is_switched == (
                self.world.phase == "done" and self.world.at.at.spec.strategy == "blue-green"
            )

    @invariant()
    def the_service_is_never_gone(self):
        assert all(host.running for name, host in self.world.hosts.items() if name != "e")

    @invariant()
    def a_shadow_touches_nothing(self):
        """The fence is in `World.do`: what is a shadow is behind it, and what does its work is not."""
        if self.ids and self.world.at.at.place == "shadow":
            assert not [*weights([self.world.at])]
        assert all(
            task.is_shadow or task.deployment not in self.alone
            for host in self.world.hosts.values()
            for task in host.done
        )

    def teardown(self):
        """Left alone on a cluster that is well, it comes to an end, and to one version wherever it was carried out."""
        if not self.ids:
            return
        for host in self.world.hosts.values():
            host.is_up = host.acknowledges = True
            host.faults.clear()
        self.world.comparisons = [COMPARED]
        if self.world.phase == "paused" and self.world.at.at.pause == "hand":
            self.world.say("abort")
        self.world.pass_time(200)
        if self.world.phase == "paused":
            self.world.say("abort")
            self.world.pass_time(100)
        at = self.world.at.at
        assert at.is_over, self.world.trace()
        before = {one.server: one.version for one in at.servers}
        is_new = at.phase == "done" and at.spec.strategy != "shadow"
        for name, host in self.world.hosts.items():
            assert not host.shadows, (name, self.world.trace(), host.done)
            wanted = at.spec.version if is_new else before.get(name)
            assert name not in before or wanted in host.running, (self.world.versions, self.world.trace(), host.done)


TestSchedules = Schedules.TestCase
TestSchedules.settings = settings(stateful_step_count=30, deadline=None)
