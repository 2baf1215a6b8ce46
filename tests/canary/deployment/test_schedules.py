"""Whatever happens in whichever order: no deployment is lost, nothing is done twice on a host, nothing is left behind."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from canary.deployment.start import RefusedError
from canary.deployment.steering import WORDS
from canary.deployment.traffic import weights
from tests.canary.deployment.world import NEW, OLD, World

HOSTS = st.sampled_from("abcd")
STRATEGIES = st.sampled_from(
    [
        {"steps": [{"servers": 1, "bake": "5s", "weight": "10%"}, {"servers": "50%", "bake": "5s", "pause": True}]},
        {"steps": [{"servers": "25%", "bake": "5s", "pause": "10s"}], "equal_age": True, "on_failure": "pause"},
        {"strategy": "blue-green", "keep": "20s"},
        {"strategy": "blue-green", "keep": "20s", "promote": "by hand", "on_timeout": "promote", "timeout": "60s"},
    ]
)


class Schedules(RuleBasedStateMachine):
    """Any order of what can happen."""

    def __init__(self):
        super().__init__()
        self.world = World()
        self.ids = []

    @rule(how=STRATEGIES, version=st.sampled_from([NEW, "2.1"]))
    def start(self, how, version):
        try:
            self.world.start(version=version, bake="5s", deadline="30s", **how)
        except RefusedError:
            return
        self.ids.append(self.world.at.at.id)

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
        assert all(host.running for host in self.world.hosts.values())

    def teardown(self):
        """Left alone on a cluster that is well, it comes to an end, and to one version wherever it was carried out."""
        if not self.ids:
            return
        for host in self.world.hosts.values():
            host.is_up = host.acknowledges = True
            host.faults.clear()
        if self.world.phase == "paused" and self.world.at.at.pause == "hand":
            self.world.say("abort")
        self.world.pass_time(200)
        if self.world.phase == "paused":
            self.world.say("abort")
            self.world.pass_time(100)
        at = self.world.at.at
        assert at.is_over, self.world.trace()
        for name, host in self.world.hosts.items():
            wanted = (
                at.spec.version if at.phase == "done" else next(one.version for one in at.servers if one.server == name)
            )
            assert wanted in host.running, (self.world.versions, self.world.trace(), host.done)


TestSchedules = Schedules.TestCase
TestSchedules.settings = settings(stateful_step_count=30, deadline=None)
