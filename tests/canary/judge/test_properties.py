"""What must hold whatever happens, in whatever order: random stories, and after each step all that was promised."""

import math

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from canary.judge import caps, releases
from canary.judge.apply import apply
from canary.judge.decide import decide
from canary.judge.denylist import entries
from canary.judge.overrides import override_of
from canary.judge.state import State
from canary.judge.transitions import RESETS, place_of
from canary.records import (
    AnyRecord,
    CellKey,
    CellMoved,
    Entry,
    Frozen,
    Overridden,
    Pardoned,
    ProbeGranted,
    RunBegan,
    RunEnded,
    RunPassed,
    ServerBack,
    ServerBooted,
    ServerLost,
    VersionJudged,
)
from canary.rules import Rules
from tests.canary.judge.trial import ACTOR, Trial

SERVERS = ("alpha", "beta", "gamma")
SERVICES = ("fluid", "ink", "canary")
VERSIONS = ("1", "2")
RULES = msgspec.convert({"d": {"mode": "enforce"}, "c": {"mode": "enforce"}}, Rules)
FOCUS = CellKey("alpha", "fluid", "2", "")
"""The cell that most happens to, so that its stories become long."""
CELLS = st.just(FOCUS) | st.builds(
    CellKey, st.sampled_from(SERVERS), st.sampled_from(SERVICES), st.sampled_from(VERSIONS), st.sampled_from(("", "b"))
)


class Witness(Trial):
    """Checks each decision on the state it was taken on, and again on the state it leads to."""

    def _write(self, at_s: float, record: AnyRecord) -> Entry:
        if isinstance(record, CellMoved):
            self._check_move(at_s, record)
        if isinstance(record, VersionJudged) and record.state == "held" and record.mode == "enforced":
            self._check_hold(at_s, record)
        entry = super()._write(at_s, record)
        if isinstance(record, CellMoved) and record.mode == "enforced" and record.rule in ("a", "b"):
            self._check_what_is_left(at_s, record)
        return entry

    def _check_move(self, at_s: float, move: CellMoved) -> None:
        cell = self.state.cells[move.key]
        assert move.old == cell.state
        if move.new not in ("unknown", "archived"):
            assert (place_of(cell.state, cell.until_at_s), place_of(move.new, move.until_at_s)) in RESETS
        if move.new == "blocked":
            assert move.service not in RULES.caps.protected or move.mode == "detected"
            assert move.rule == "probe" or not cell.ever_passed
            assert at_s < move.until_at_s <= at_s + RULES.a.longest_block_s * (1 + RULES.probes.jitter)
        if move.mode == "enforced" and move.rule in ("a", "b") and move.until_at_s is not None:
            order = override_of(self.state, move.key, at_s)
            assert order is None or order.action == "block"
            assert not caps.is_frozen(self.state, move.service, at_s)

    def _check_what_is_left(self, at_s: float, move: CellMoved) -> None:
        if move.until_at_s is None or self.state.installed.get(move.service, {}).get(move.server) != move.key:
            return
        server = self.state.servers[move.server]
        if not releases.has_worked(self.state, move.key.of):
            return
        if server.lost_at_s is not None or override_of(self.state, move.key, at_s) is not None:
            return
        left = len(list(releases.routable(self.state, move.service, at_s)))
        assert left >= caps.least_routable(self.state, RULES, move.service)

    def _check_hold(self, at_s: float, verdict: VersionJudged) -> None:
        assert verdict.service not in RULES.caps.protected
        assert verdict.until_at_s is not None
        assert at_s < verdict.until_at_s


class Story(RuleBasedStateMachine):
    """Services that begin, last and die on three servers; the first of them leads."""

    @initialize(leads=st.booleans(), servers=st.integers(1, 3))
    def begin(self, leads, servers):
        self.servers = SERVERS[:servers]
        self.trial = Witness(RULES, self.servers, leads=leads)
        self.now_s = 1000.0
        self.running: dict[str, tuple[CellKey, str]] = {}
        self.number = 0
        self.last: AnyRecord | None = None

    def tell(self, record: AnyRecord) -> None:
        self.trial.tell(self.now_s, record)
        self.last = record
        self.pass_time(0.001)

    def pass_time(self, span_s: float) -> None:
        self.now_s += span_s
        self.trial.wait(self.now_s)

    def _fact(self, kind, key, run_id, role, **more):
        if key.server in self.servers:
            self.tell(kind(run_id=run_id, role=role, **key._asdict(), **more))

    @rule(
        key=CELLS,
        role=st.sampled_from(("live", "live", "live", "standby", "probe", "shadow")),
        config=st.sampled_from("xy"),
    )
    def run(self, key, role, config):
        self.number += 1
        self.running[f"r{self.number}"] = key, role
        self._fact(RunBegan, key, f"r{self.number}", role, config_hash=config)

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def succeed(self, data):
        run_id = data.draw(st.sampled_from(sorted(self.running)))
        self._fact(RunPassed, self.running[run_id][0], run_id, self.running[run_id][1], lasted_s=60.0)

    @precondition(lambda self: self.running)
    @rule(data=st.data(), outcome=st.sampled_from(("failure", "failure", "failure", "censored", "clean")))
    def die(self, data, outcome):
        run_id = data.draw(st.sampled_from(sorted(self.running)))
        key, role = self.running.pop(run_id)
        self._fact(RunEnded, key, run_id, role, outcome=outcome, cause="CRASH")

    @rule(
        key=CELLS,
        times=st.sampled_from((1, 5, 7, 8)),
        lasts_s=st.sampled_from((0.0, 1.0, 20.0)),
        role=st.sampled_from(("live", "probe")),
    )
    def crash(self, key, times, lasts_s, role):
        for restart in range(times):
            self.number += 1
            self._fact(RunBegan, key, f"c{self.number}", role)
            self.pass_time(lasts_s)
            self._fact(RunEnded, key, f"c{self.number}", role, outcome="failure", cause="CRASH", lasted_s=lasts_s)
            self.pass_time(min(60.0, 2.0**restart))

    @precondition(lambda self: self.last is not None)
    @rule()
    def tell_again(self):
        known = self.trial.state.cells.copy()
        counted = {key: (cell.passed, cell.failed + cell.excused, cell.running) for key, cell in known.items()}
        if isinstance(self.last, RunBegan | RunPassed | RunEnded):
            self.tell(self.last)
            after = self.trial.state.cells
            assert counted == {
                key: (cell.passed, cell.failed + cell.excused, cell.running)
                for key, cell in after.items()
                if key in counted
            }

    @rule(span_s=st.sampled_from((0.5, 10.0, 61.0, 601.0, 90_000.0)))
    def wait(self, span_s):
        self.pass_time(span_s)

    @rule(server=st.sampled_from(SERVERS), kind=st.sampled_from((ServerBooted, ServerLost, ServerBack)))
    def shake(self, server, kind):
        if server in self.servers:
            self.tell(kind(server=server))

    @rule(
        key=CELLS,
        action=st.sampled_from(("block", "allow", "pin")),
        server=st.sampled_from(("*", *SERVERS)),
        build=st.sampled_from(("*", "", "b")),
        lasts_s=st.sampled_from((30.0, 3000.0)),
    )
    def order(self, key, action, server, build, lasts_s):
        blocks = [one.order for one in self.trial.state.overrides.values() if one.action == "block"]
        number = self.trial.state.override_number + 1
        self.tell(
            Overridden(
                number=number,
                order=str(number),
                over=() if action == "block" else tuple(blocks),
                action=action,
                server=server,
                service=key.service,
                version=key.version,
                build=build,
                reason="told so",
                actor=ACTOR,
                until_at_s=self.now_s + lasts_s,
            )
        )

    @rule(key=CELLS)
    def pardon(self, key):
        self.tell(Pardoned(service=key.service, version=key.version, reason="mended", actor=ACTOR))

    @rule(scope=st.sampled_from(("*", "fluid")), is_on=st.booleans())
    def freeze(self, scope, is_on):
        self.tell(Frozen(scope=scope, is_on=is_on, until_at_s=self.now_s + 100, actor=ACTOR))

    @invariant()
    def nothing_more_follows(self):
        """Asked again, the judge has nothing to add."""
        if not hasattr(self, "trial"):
            return
        for me in self.servers:
            assert decide(self.trial.state, RULES, me, self.trial._leads(me), self.now_s, None) == []

    @invariant()
    def an_order_wins(self):
        if not hasattr(self, "trial"):
            return
        state, now_s = self.trial.state, self.now_s
        denied = {(one.server, one.service, one.version, one.build) for one in entries(state, "alpha", now_s).denials}
        for key in state.cells:
            order = override_of(state, key, now_s)
            if order is None:
                continue
            server, service, version, build = key
            scopes = {(s, service, version, b) for s in (server, "*") for b in (build, "*")}
            assert bool(denied & scopes) == (order.action == "block")

    @invariant()
    def every_block_ends(self):
        if not hasattr(self, "trial"):
            return
        for cell in self.trial.state.cells.values():
            assert (cell.until_at_s is not None) == (cell.state in ("blocked", "probation")) or cell.state == "suspect"
        for denial in entries(self.trial.state, "alpha", self.now_s).denials:
            assert self.now_s <= denial.until_at_s < math.inf

    @invariant()
    def counters_are_counts(self):
        if not hasattr(self, "trial"):
            return
        for cell in self.trial.state.cells.values():
            assert min(cell.passed, cell.failed, cell.excused, cell.consecutive, cell.running, cell.strikes) >= 0
            counted = [failure for failure in cell.streak if not failure.excuse]
            assert len(counted) == cell.consecutive or len(cell.streak) == 64
            assert (cell.first_failure_at_s is None) == (cell.consecutive == 0)

    def teardown(self):
        if not hasattr(self, "trial"):
            return
        state = State()
        for entry in self.trial.entries:
            apply(state, entry)
        assert state == self.trial.state
        self._check_probes()

    def _check_probes(self):
        """Grants of one cell are a block apart: the first one at least, unless a pardon came between."""
        last_s: dict[CellKey, float] = {}
        for entry in self.trial.entries:
            if isinstance(entry.record, Pardoned):
                last_s.clear()
            if isinstance(entry.record, ProbeGranted):
                key = entry.record.key
                shortest_s = RULES.a.first_block_s * (1 - RULES.probes.jitter)
                assert entry.at_s - last_s.get(key, -math.inf) >= shortest_s
                last_s[key] = entry.at_s


class TestStory(Story.TestCase):
    settings = settings(
        max_examples=3 * settings.default.max_examples // 2,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
