"""A ledger of one service in a cluster, told in short words, for tests of what the leader makes of it."""

from canary.judge.apply import apply
from canary.judge.rule_c import decide_comparisons
from canary.judge.state import State
from canary.records import Actor, CellMoved, Entry, Pardoned, RunBegan, RunEnded, RunExcused, RunPassed
from canary.rules import RuleCSettings, Rules

ENFORCED = Rules(c=RuleCSettings(mode="enforce"))
SETTLED_S = 100.0
"""Longer than any common cause takes to show."""


class Fleet:
    """Servers of a cluster that run a service called ``printer``."""

    def __init__(self, rules=ENFORCED):
        self.rules = rules
        self.state = State()
        self.at_s = 0.0
        self.runs = {}

    def tell(self, record):
        entry = Entry(self.state.seq + 1, self.at_s, self.at_s, record)
        apply(self.state, entry)

    def begin(self, version, *servers, role="live", build=""):
        for server in servers:
            number = self.state.seq
            run = {"server": server, "service": "printer", "version": version, "build": build, "role": role}
            self.runs[version, server] = run | {"run_id": f"{server}-{version}-{number}"}
            self.tell(RunBegan(**self.runs[version, server]))

    def succeed(self, version, *servers):
        for server in servers:
            self.tell(RunPassed(**self.runs[version, server], lasted_s=60.0))

    def settle_in(self, version, *servers):
        """They begin, and work."""
        self.begin(version, *servers)
        self.succeed(version, *servers)

    def find_good(self, version, server, build=""):
        self.tell(
            CellMoved(
                server=server, service="printer", version=version, build=build, old="proving", new="good", rule="time"
            )
        )

    def end(self, version, server, outcome="failure", **more):
        self.tell(RunEnded(**self.runs[version, server], outcome=outcome, cause="CRASH", **more))
        return self.runs[version, server]["run_id"]

    def crash(self, version, server, times=1):
        """It crashes, and works again after that."""
        for _ in range(times):
            self.at_s += SETTLED_S
            self.end(version, server)
            self.settle_in(version, server)

    def excuse(self, version, server, run_id):
        self.tell(
            RunExcused(
                server=server,
                service="printer",
                version=version,
                build="",
                run_id=run_id,
                failure_at_s=self.at_s,
                excuse="services",
            )
        )

    def pardon(self, version, server="*", build="*"):
        actor = Actor(user="root", server="a")
        self.tell(
            Pardoned(server=server, service="printer", version=version, build=build, reason="mended", actor=actor)
        )

    def judge(self, rules=None):
        """What the leader says now, once it has waited for excuses; it is written down."""
        self.at_s += SETTLED_S
        found = decide_comparisons(self.state, rules or self.rules, self.at_s)
        for record in found:
            self.tell(record)
        return found

    @property
    def counted(self):
        """The failures of the trial and of the control that count."""
        self.at_s += SETTLED_S
        self.tell(RunEnded(server="z", run_id=f"z{self.at_s}", service="other", outcome="clean", cause="UNREGISTER"))
        evidence = self.state.comparisons["printer"].evidence
        return evidence.new, evidence.old


def two_versions(*, new=("c",), old=("a", "b"), rules=ENFORCED):
    """A cluster where version 1 is good, and version 2 runs beside it."""
    fleet = Fleet(rules)
    fleet.settle_in("1", *old)
    fleet.find_good("1", old[0])
    fleet.settle_in("2", *new)
    return fleet
