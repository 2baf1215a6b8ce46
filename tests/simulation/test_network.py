"""Connections of the simulated network: what arrives, in which order, and what a cut does to it."""

from random import Random

import pytest

from simulation.agenda import Stage
from simulation.network import DIAL_TIMEOUT_S, Network

FAR = "10.0.0.2:4042"


class Machine:
    """Notes what it is told, with the time."""

    def __init__(self, stage, network, name, address):
        self.stage, self.name, self.address = stage, name, address
        self.powered = self.listening = True
        self.told, self.ends = [], []
        network.machines[address] = self

    def note(self, *what):
        self.told.append((round(self.stage.agenda.now_s, 3), *what))

    def link_opened(self, end, dial):
        self.ends.append(end)
        self.note("opened", dial)

    def dial_failed(self, _life, dial, reason):
        self.note("failed", dial, reason)

    def received(self, _end, lines):
        self.note(lines)

    def ended(self, _end):
        self.note("ended")

    def closed(self, _end):
        self.note("closed")


class Pair:
    def __init__(self, delays_s=(0.1, 0.1), seed=1, reset_after_s=10.0, **network):
        self.stage = Stage(Random(seed))
        self.network = Network(self.stage, reset_after_s, **network)
        self.near = Machine(self.stage, self.network, "near", "10.0.0.1:4042")
        self.far = Machine(self.stage, self.network, "far", FAR)
        self.network.build_road("near", "far", delays_s)
        self.road = self.network.road("far", "near")

    def run(self, for_s=1.0):
        self.stage.agenda.run(self.stage.agenda.now_s + for_s)

    def connect(self):
        self.network.dial(self.near, 1, 7, FAR)
        self.run()
        near, far = self.near.ends[-1], self.far.ends[-1]
        self.near.told.clear()
        self.far.told.clear()
        return near, far


def heard(machine):
    return [told[1:] if len(told) > 2 else told[1] for told in machine.told]


def test_a_dial_opens_a_link_at_both_ends_the_far_one_first():
    pair = Pair()
    pair.network.dial(pair.near, 1, 7, FAR)
    pair.run()
    (near_s, *near), (far_s, *far) = pair.near.told[0], pair.far.told[0]
    assert (near, far) == (["opened", 7], ["opened", None])
    assert 0.1 <= far_s <= near_s - 0.1


@pytest.mark.parametrize(
    ("spoil", "reason", "within_s"),
    [
        (lambda pair: setattr(pair.far, "listening", False), "connection refused", 0.5),
        (lambda pair: setattr(pair.far, "powered", False), "timed out", DIAL_TIMEOUT_S + 0.5),
        (lambda pair: pair.network.cut(pair.road), "timed out", DIAL_TIMEOUT_S + 0.5),
        (lambda pair: pair.network.machines.pop(FAR), "no route to host", 0.1),
        (lambda pair: pair.network.roads.clear(), "no route to host", 0.1),
    ],
)
def test_a_dial_fails(spoil, reason, within_s):
    pair = Pair()
    spoil(pair)
    pair.network.dial(pair.near, 1, 7, FAR)
    pair.run(within_s)
    assert heard(pair.near) == [("failed", 7, reason)]
    assert pair.far.told == []


def test_a_cut_between_a_dial_and_its_answer_leaves_the_far_end_alone():
    pair = Pair()
    pair.network.dial(pair.near, 1, 7, FAR)
    pair.run(0.16)
    pair.network.cut(pair.road)
    pair.run(5)
    assert heard(pair.far) == [("opened", None)]
    assert heard(pair.near) == [("failed", 7, "timed out")]
    pair.network.heal(pair.road)
    pair.network.send(pair.far.ends[0], b"hello\n")
    pair.run(5)
    assert heard(pair.far) == [("opened", None), "closed"]


@pytest.mark.parametrize("seed", range(20))
def test_bytes_arrive_in_order_however_often_the_road_is_cut_for_a_short_time(seed):
    pair = Pair(seed=seed)
    near, _ = pair.connect()
    pair.road.loss = 0.2
    sent = [b"%d\n" % number for number in range(50)]
    for line in sent:
        pair.network.send(near, line)
        if pair.stage.random.random() < 0.3:
            pair.network.cut(pair.road)
        pair.run(pair.stage.random.uniform(0, 0.4))
        if pair.stage.random.random() < 0.5:
            pair.network.heal(pair.road)
    pair.network.heal(pair.road)
    pair.run(10)
    assert heard(pair.far) == sent


def test_close_flushes_and_the_other_end_hears_of_it():
    pair = Pair()
    near, far = pair.connect()
    pair.network.send(near, b"last words\n")
    pair.network.close(near)
    pair.network.send(near, b"too late\n")
    pair.run()
    assert heard(pair.far) == [b"last words\n", "ended"]
    pair.network.send(far, b"is anybody there?\n")
    pair.run(5)
    assert heard(pair.far)[-1] == "closed"
    assert pair.near.told == []


def test_a_long_cut_says_nothing_and_resets_what_lost_bytes():
    pair = Pair()
    near, _ = pair.connect()
    pair.network.cut(pair.road)
    pair.network.send(near, b"lost\n")
    pair.run(11)
    assert pair.near.told == pair.far.told == []
    pair.network.heal(pair.road)
    pair.run(5)
    assert heard(pair.near) == heard(pair.far) == ["closed"]


def test_a_connection_that_was_silent_outlives_a_long_cut():
    pair = Pair()
    near, _ = pair.connect()
    pair.network.cut(pair.road)
    pair.run(100)
    pair.network.heal(pair.road)
    pair.network.send(near, b"still here\n")
    pair.run()
    assert heard(pair.far) == [b"still here\n"]


@pytest.mark.parametrize("silently", [True, False])
def test_a_crash_is_heard_of_at_once_or_when_the_machine_is_back(silently):
    pair = Pair()
    near, far = pair.connect()
    pair.network.abandon(far, silently=silently)
    pair.far.powered = not silently
    pair.run()
    assert heard(pair.near) == ([] if silently else ["ended"])
    pair.network.send(near, b"hello\n")
    pair.run(5)
    assert heard(pair.near) == ([] if silently else ["ended", "closed"])
    pair.far.powered = True
    pair.network.power_up([far])
    pair.run(5)
    assert heard(pair.near)[-1] == "closed"
    assert pair.far.told == []


def test_delays_may_differ_by_direction():
    pair = Pair(delays_s=(0.01, 0.5))
    near, far = pair.connect()
    start_s = pair.stage.agenda.now_s
    pair.network.send(near, b"there\n")
    pair.network.send(far, b"back\n")
    pair.run()
    assert 0.01 <= pair.far.told[0][0] - start_s <= 0.02
    assert 0.5 <= pair.near.told[0][0] - start_s <= 0.76
