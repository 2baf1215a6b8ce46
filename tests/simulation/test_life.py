"""What a simulated machine makes of a core that misbehaves: each kind of misbehaviour is found."""

from random import Random

import pytest

from communicator.router.vocabulary.effects import Continue, Keep, KeptFile, Level, Measure, Notice, Send
from communicator.router.vocabulary.events import Continued, DeadlineReached, LinesReceived, LinkOpened, Measured
from simulation.agenda import Stage, ViolationError
from simulation.host import Host, Plan
from simulation.network import Network


class Script:
    """A core that answers each kind of event with given effects, and notes what it was told."""

    def __init__(self, answers=None, deadline=lambda _now_s: None):
        self.answers, self.deadline = answers or {}, deadline
        self.told, self.now_s = [], 0.0

    def handle(self, event, now):
        self.told.append(event)
        self.now_s = now.monotonic_s
        answer = self.answers.get(type(event), [])
        if isinstance(answer, Exception):
            raise answer
        return answer

    def next_deadline(self):
        return self.deadline(self.now_s)


class Peer:
    def __init__(self):
        self.lines = b""
        self.is_cut_off = False

    def heard(self, lines):
        self.lines += lines

    def cut_off(self):
        self.is_cut_off = True


class Machine:
    def __init__(self, core, **plan):
        self.stage, self.core, self.configs = Stage(Random(1)), core, []
        self.host = Host(
            self.stage, Network(self.stage), Plan(name="host1", address="10.0.0.1:4042", **plan), self.make_core
        )
        self.host.start()
        self.peer = Peer()

    def make_core(self, config, now):
        self.configs.append(config)
        self.core.now_s = now.monotonic_s
        return self.core

    def run(self, for_s=1.0):
        self.stage.agenda.run(self.stage.agenda.now_s + for_s)

    def connect(self):
        return self.host.connect(self.peer)


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (KeyError("links"), r"raised KeyError\('links'\)"),
        ([Notice(Level.ERROR, "answer_unsendable")], "answer_unsendable"),
        ([Send(1, b"no newline")], "half a line was sent"),
        ([Send(1, b"x\n")] * 30_000, "asked for 30000 effects"),
        ([Send(1, b"x" * (17 * 1024 * 1024) + b"\n")], "asked for 1 effects, 17825793 bytes"),
    ],
    ids=["raises", "says it has a bug", "half a line", "many effects", "many bytes"],
)
def test_a_bad_answer_to_an_event_is_found(answer, complaint):
    machine = Machine(Script({LinkOpened: answer}))
    with pytest.raises(ViolationError, match=complaint):
        machine.connect()


@pytest.mark.parametrize("exact_timer", [True, False])
@pytest.mark.parametrize("deadline", [lambda now_s: now_s, lambda now_s: now_s - 1, lambda now_s: now_s + 0.001])
def test_a_busy_loop_is_found(deadline, exact_timer):
    with pytest.raises(ViolationError, match="busy loop"):
        Machine(Script(deadline=deadline), exact_timer=exact_timer).run(20)


@pytest.mark.parametrize("exact_timer", [True, False])
def test_a_core_is_woken_at_its_deadlines_and_not_before(exact_timer):
    core = Script(deadline=lambda now_s: (now_s // 1.0 + 1) * 1.0)
    machine = Machine(core, monotonic_offset_s=123.4567, exact_timer=exact_timer)
    machine.run(30)
    assert core.told == [DeadlineReached()] * 30


def test_lines_of_a_link_wait_for_what_the_shell_was_asked():
    core = Script({LinkOpened: [Continue(1)]})
    machine = Machine(core)
    link = machine.connect()
    machine.host.write(link, b"HELLO\n")
    other = machine.connect()
    machine.host.write(other, b"OTHER\n")
    assert [type(event) for event in core.told] == [LinkOpened, LinkOpened, LinesReceived]
    machine.run()
    assert core.told[3:5] == [Continued(link), LinesReceived(link, b"HELLO\n")]


def test_a_measure_is_answered_before_anything_else():
    core = Script({LinkOpened: [Measure(1), Send(1, b"HI\n")]})
    machine = Machine(core)
    machine.connect()
    machine.run()
    assert core.told[1] == Measured(1, ())
    assert machine.peer.lines == b"HI\n"


def test_files_outlive_a_router_and_its_memory_does_not():
    machine = Machine(Script({LinkOpened: [Keep(KeptFile.NEIGHBORS, "10.0.0.2:4042\n")]}))
    machine.connect()
    machine.run()
    machine.host.crash(silently=False)
    assert machine.peer.is_cut_off
    machine.host.start()
    first, second = machine.configs
    assert (first.cluster.saved_neighbors, second.cluster.saved_neighbors) == ("", "10.0.0.2:4042\n")
    assert first.boot_id != second.boot_id


def test_a_file_that_was_not_written_yet_is_lost_in_a_crash():
    machine = Machine(Script({LinkOpened: [Keep(KeptFile.POLICY, "{}")]}))
    machine.connect()
    machine.host.crash(silently=True)
    machine.run()
    machine.host.start()
    machine.run()
    assert machine.host.files == {}


def test_a_frozen_router_deals_with_everything_later():
    core = Script()
    machine = Machine(core)
    machine.host.freeze(5)
    machine.connect()
    machine.run(4)
    assert core.told == []
    machine.run(2)
    assert [type(event) for event in core.told] == [LinkOpened]


def test_the_wall_clock_may_be_wrong_and_the_other_never_steps():
    core = Script()
    machine = Machine(core, wall_skew_s=-7200.0)
    before = machine.host.clocks.read()
    machine.run(10)
    machine.host.clocks.wall_skew_s += 3600
    after = machine.host.clocks.read()
    assert after.monotonic_s - before.monotonic_s == pytest.approx(10)
    assert (after.wall_ns - before.wall_ns) / 1e9 == pytest.approx(3610)
