from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.router.cores.deadlines import Deadlines
from communicator.router.mesh.heartbeat import ALIVE_EVERY_S, QUESTIONS_MAX, SHORTEST_BEAT_S, Beats, Heartbeat

BAR_S = 10.0


def nobody(_link_id):
    return False


class Watch:
    """Beats when it is time, answers for those who live, and writes down what happens."""

    def __init__(self, links, now_s=100.0, held=nobody):
        self.now_s = now_s
        self.held = held
        self.living = set(links)
        self.heartbeat = Heartbeat("seed", Deadlines().add("heartbeat"))
        self.probes = []
        self.suspects = []
        self.lost = []
        self.doubts = []
        for link_id in links:
            self.heartbeat.joined(link_id, now_s)

    def run(self, span_s, late_s=0.0):
        end_s = self.now_s + span_s
        while (due_s := self.heartbeat.due.at_s) is not None and due_s + late_s <= end_s:
            self.now_s = max(self.now_s, due_s + late_s)
            self.beat()
        self.now_s = end_s

    def beat(self):
        beats = self.heartbeat.beat(self.now_s, self.held)
        self.suspects += [(link_id, self.now_s) for link_id in beats.suspects]
        self.lost += [(link_id, self.now_s) for link_id in beats.lost]
        self.doubts += [self.now_s] * beats.self_suspect
        for link_id, serial in beats.probe:
            self.probes.append((link_id, self.now_s))
            if link_id in self.living:
                self.heartbeat.heard(link_id, self.now_s)
                assert self.heartbeat.answered(link_id, serial, self.now_s) == 0.0
        return beats


def test_who_is_alone_has_nothing_to_do():
    heartbeat = Heartbeat("seed", Deadlines().add("heartbeat"))
    assert heartbeat.due.at_s is None
    assert heartbeat.beat(1000.0, nobody) == Beats()
    heartbeat.joined(1, 1000.0)
    assert heartbeat.due.at_s is not None
    heartbeat.left(1)
    heartbeat.left(1)
    assert heartbeat.due.at_s is None


def test_everybody_is_asked_every_two_seconds_more_or_less():
    watch = Watch(range(1, 21))
    watch.run(60.0)
    for link_id in range(1, 21):
        times = [now_s for number, now_s in watch.probes if number == link_id]
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert times[0] <= 100.0 + ALIVE_EVERY_S + SHORTEST_BEAT_S
        assert all(1.8 <= gap <= 2.2 + SHORTEST_BEAT_S for gap in gaps)
        assert max(gaps) - min(gaps) > 0.1, "no jitter"
    assert (watch.suspects, watch.lost, watch.doubts) == ([], [], [])


def test_the_beats_of_many_peers_are_gathered():
    heartbeat, beats, now_s = Heartbeat("seed", Deadlines().add("heartbeat")), 0, 0.0
    for link_id in range(500):
        heartbeat.joined(link_id, now_s)
    while now_s < 10.0:
        now_s = heartbeat.due.at_s
        for link_id, _ in heartbeat.beat(now_s, nobody).probe:
            heartbeat.heard(link_id, now_s)
        beats += 1
    assert beats <= 10.0 / SHORTEST_BEAT_S + 2


def test_two_routers_do_not_ask_in_step():
    dues = set()
    for seed in ("a", "b", "c"):
        heartbeat = Heartbeat(seed, Deadlines().add("heartbeat"))
        heartbeat.joined(1, 0.0)
        dues.add(heartbeat.due.at_s)
    assert len(dues) == 3


def test_one_of_several_that_falls_silent_is_suspected_then_lost_within_ten_seconds():
    watch = Watch([1, 2, 3])
    watch.run(20.0)
    watch.living.remove(2)
    last_s = watch.heartbeat._peers[2].heard_s
    watch.run(20.0)
    [(suspect, suspected_s)], [(lost, lost_s)] = watch.suspects, watch.lost
    assert (suspect, lost) == (2, 2)
    assert 6.0 <= suspected_s - last_s <= 6.0 + SHORTEST_BEAT_S
    assert (2, suspected_s) in watch.probes, "a suspect is asked at once"
    assert 8.5 <= lost_s - last_s <= 8.5 + SHORTEST_BEAT_S
    assert watch.doubts == []
    assert not [1 for link_id, now_s in watch.probes if link_id == 2 and now_s >= lost_s]


def test_any_bytes_at_the_last_moment_save_a_suspect():
    watch = Watch([1, 2])
    watch.living.remove(2)
    watch.run(8.4)
    assert [link_id for link_id, _ in watch.suspects] == [2]
    watch.heartbeat.heard(2, watch.now_s)
    watch.run(5.9)
    assert (len(watch.suspects), watch.lost) == (1, [])
    watch.run(0.3)
    assert [link_id for link_id, _ in watch.suspects] == [2, 2]


def test_a_single_peer_gets_no_grace():
    watch = Watch([1])
    watch.living.clear()
    watch.run(20.0)
    [(_, lost_s)] = watch.lost
    assert lost_s - 100.0 <= 8.5 + SHORTEST_BEAT_S
    assert watch.heartbeat.due.at_s is None


@pytest.mark.parametrize("peers", [2, 3, 50])
def test_when_all_are_silent_we_doubt_ourselves_but_not_for_ever(peers):
    watch = Watch(range(peers))
    watch.living.clear()
    watch.run(8.5 + 0.2)
    assert watch.doubts
    assert watch.lost == []
    watch.run(4.0)
    assert {link_id for link_id, _ in watch.lost} == set(range(peers))
    assert max(now_s for _, now_s in watch.lost) - 100.0 <= BAR_S


@pytest.mark.parametrize(("late_s", "forgiven"), [(0.0, False), (0.9, False), (1.1, True), (3600.0, True)])
def test_a_beat_that_comes_late_forgives_everybody(late_s, forgiven):
    watch = Watch([1, 2, 3])
    watch.living.remove(2)
    watch.run(8.0)
    watch.heartbeat.heard(1, 108.0)
    watch.heartbeat.heard(3, 108.0)
    watch.now_s = watch.heartbeat.due.at_s + late_s
    watch.beat()
    watch.living = {1, 3}
    assert bool(watch.doubts) is forgiven
    watch.run(1.0)
    assert [link_id for link_id, _ in watch.lost] == ([] if forgiven else [2])
    watch.run(8.5)
    assert [link_id for link_id, _ in watch.lost] == [2]


def test_a_link_that_we_hold_up_is_never_suspected_but_still_asked():
    is_held = True
    watch = Watch([1, 2, 3], held=lambda link_id: link_id == 2 and is_held)
    watch.living.remove(2)
    watch.run(100.0)
    assert (watch.suspects, watch.lost) == ([], [])
    assert len([1 for link_id, _ in watch.probes if link_id == 2]) > 40
    is_held = False
    watch.run(5.0)
    assert watch.suspects == []
    watch.run(5.0)
    assert [link_id for link_id, _ in watch.lost] == [2]


def test_the_round_trip_is_smoothed():
    heartbeat = Heartbeat("seed", Deadlines().add("heartbeat"))
    heartbeat.joined(1, 0.0)
    assert heartbeat.rtt_s(1) is None
    now_s, told = 0.0, []
    for rtt_s in (0.1, 0.2, 0.2):
        now_s = heartbeat.due.at_s
        [(link_id, serial)] = heartbeat.beat(now_s, nobody).probe
        heartbeat.heard(1, now_s)
        assert heartbeat.answered(link_id, serial, now_s + rtt_s) == pytest.approx(rtt_s)
        told.append(heartbeat.rtt_s(1))
    assert told == pytest.approx([0.1, 0.1125, 0.1234375])
    heartbeat.left(1)
    assert heartbeat.rtt_s(1) is None


def test_only_an_answer_to_a_question_counts():
    heartbeat = Heartbeat("seed", Deadlines().add("heartbeat"))
    for link_id in (1, 2):
        heartbeat.joined(link_id, 0.0)
    beats = heartbeat.beat(ALIVE_EVERY_S, nobody)
    serials = dict(beats.probe)
    assert heartbeat.answered(1, serials[2], 2.5) is None
    assert heartbeat.answered(1, 999, 2.5) is None
    assert heartbeat.answered(3, serials[1], 2.5) is None
    assert heartbeat.answered(1, serials[1], 2.5) == 0.5
    assert heartbeat.answered(1, serials[1], 2.6) is None


def test_old_questions_are_not_kept():
    watch = Watch([1], held=lambda _: True)
    watch.living.clear()
    watch.run(100.0)
    assert len(watch.heartbeat._peers[1].questions) == QUESTIONS_MAX


def test_a_link_that_is_not_watched_leaves_no_trace():
    heartbeat = Heartbeat("seed", Deadlines().add("heartbeat"))
    heartbeat.heard(5, 1.0)
    assert heartbeat._peers == {}


@given(st.dictionaries(st.integers(0, 9), st.floats(0, 30), min_size=1), st.integers(0, 1_000_000))
def test_who_dies_is_lost_within_the_bar_and_who_lives_is_not(deaths, start):
    watch = Watch([*deaths, 10], now_s=float(start))
    for link_id, death_s in sorted(deaths.items(), key=lambda item: item[1]):
        watch.run(start + death_s - watch.now_s)
        watch.living.discard(link_id)
    watch.run(start + 50.0 - watch.now_s)
    assert sorted(link_id for link_id, _ in watch.lost) == sorted(deaths)
    assert all(now_s - start - deaths[link_id] <= BAR_S for link_id, now_s in watch.lost)
