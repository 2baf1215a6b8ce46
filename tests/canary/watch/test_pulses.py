"""Which runs are asked, and what their answers and their silence say: no run that lives is ever called hung."""

from itertools import count, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.evidence.kinds import Kind
from canary.settings import HealthSettings
from canary.watch.pulses import LATE_S, Pulses


class Ward:
    """Runs that answer, or do not."""

    def __init__(self, **settings):
        self.settings = HealthSettings(**settings)
        numbers = count(1)
        self.pulses = Pulses(lambda: self.settings, lambda: f"n{next(numbers)}")
        self.asked = []
        self.told = []

    def begin(self, run_id="r1", service="billing", at_s=0.0):
        self.pulses.begin(service, run_id, at_s)

    def wait(self, until_s, answer=None, late_s=0.0, **more):
        """Ask whatever is due by then; `answer` says how a question is answered, None: not at all."""
        while (due_s := self.pulses.next_deadline_s) is not None and due_s <= until_s:
            now_s = due_s + late_s
            questions, words = self.pulses.ask(now_s, **more)
            self.told += words
            self.asked += [(now_s, one.run_id) for one in questions]
            for one in questions if answer is not None else ():
                self.told += self.pulses.hear(one.serial, answer, now_s + 0.1)
            self.last = questions or getattr(self, "last", [])

    @property
    def kinds(self):
        return [str(word.kind) for word in self.told]


def test_a_run_that_answers_is_asked_on_and_nothing_is_told():
    ward = Ward()
    ward.begin()
    ward.wait(100.0, "")
    times = [at_s for at_s, _ in ward.asked]
    assert 0 <= times[0] <= 15
    assert [round(after - before, 6) for before, after in pairwise(times)] == [15.0] * (len(times) - 1)
    assert len(times) >= 6
    assert ward.told == []


def test_a_run_that_never_answers_hangs_once():
    ward = Ward()
    ward.begin()
    ward.wait(1_000.0)
    assert ward.kinds == ["SILENT", "SILENT", "HUNG"]
    assert len(ward.asked) == 3
    assert ward.told[-1].message == "it left 3 questions in a row unanswered"
    assert {(word.run_id, word.service, word.source) for word in ward.told} == {("r1", "billing", "watcher")}
    assert ward.pulses.next_deadline_s is None


@pytest.mark.parametrize("run_id", [f"run-{number}" for number in range(50)])
@pytest.mark.parametrize("stopped_s", [0.0, 2.0, 100.0, 107.3])
def test_whenever_a_process_is_stopped_it_is_told_within_75_seconds(run_id, stopped_s):
    ward = Ward()
    ward.begin(run_id)
    ward.wait(stopped_s, "")
    ward.wait(stopped_s + 75.0 - HealthSettings().misses)
    assert ward.kinds[-1] == "HUNG"
    assert ward.told[-1].at_s <= stopped_s + 60.0, "the word on its end is waited for besides"


def test_one_answer_makes_good_what_was_missed():
    ward = Ward()
    ward.begin()
    ward.wait(40.0)
    ward.told.clear()
    ward.wait(60.0, "ok")
    assert ward.kinds[-1] == "HEALTH_OK"
    ward.told.clear()
    ward.wait(100.0, "")
    assert ward.told == []


@pytest.mark.parametrize("late_s", [14.0, 20.0, 29.0, 44.0])
def test_a_run_that_answers_everything_late_lives(late_s):
    ward = Ward()
    ward.begin()
    under_way, now_s = [], 0.0
    for now_s in range(600):
        questions, words = ward.pulses.ask(float(now_s))
        ward.told += words
        under_way += [(now_s + late_s, one.serial) for one in questions]
        for _, serial in [each for each in under_way if each[0] <= now_s]:
            ward.told += ward.pulses.hear(serial, "", float(now_s))
        under_way = [each for each in under_way if each[0] > now_s]
    assert "HUNG" not in ward.kinds
    assert ward.pulses.next_deadline_s > now_s


def test_an_answer_to_a_question_from_before_the_router_was_away_says_nothing():
    ward = Ward()
    ward.begin()
    ward.wait(16.0)
    [old] = ward.last
    ward.wait(31.0, can_ask=False)
    assert ward.pulses.hear(old.serial, "no space left", 32.0) == []


@pytest.mark.parametrize("serial", ["", "x", "n0", "n99"])
def test_who_does_not_know_the_question_cannot_answer_it(serial):
    ward = Ward()
    ward.begin()
    ward.wait(15.0)
    assert ward.pulses.hear(serial, "", 16.0) == []
    ward.wait(200.0)
    assert ward.kinds[-1] == "HUNG"


def test_what_a_run_says_is_wrong_is_passed_on():
    ward = Ward()
    ward.begin()
    ward.wait(40.0, "no space left in the spool")
    assert ward.kinds == ["HEALTH_FAIL"] * len(ward.asked)
    assert ward.told[0].message == "it says: no space left in the spool"
    ward.told.clear()
    ward.wait(60.0, "ok")
    assert ward.kinds == ["HEALTH_OK"]


def test_who_asks_late_believes_no_silence():
    ward = Ward()
    ward.begin()
    ward.wait(600.0, late_s=LATE_S)
    assert ward.told == []
    assert len(ward.asked) > 10


def test_who_has_no_router_asks_nobody_and_believes_no_silence():
    ward = Ward()
    ward.begin()
    ward.wait(16.0)
    ward.asked.clear()
    ward.wait(200.0, can_ask=False)
    assert (ward.asked, ward.told) == ([], [])


def test_what_has_ended_is_asked_no_more():
    ward = Ward()
    ward.begin("r1")
    ward.begin("r2")
    ward.wait(15.0)
    ward.pulses.end("r1")
    ward.pulses.end("r9")
    ward.wait(200.0)
    assert {word.run_id for word in ward.told} == {"r2"}
    ward.begin("r3", at_s=200.0)
    ward.pulses.clear()
    assert ward.pulses.next_deadline_s is None


def test_a_run_that_is_told_again_goes_on_as_it_did():
    ward = Ward()
    ward.begin()
    ward.wait(40.0)
    ward.begin(at_s=40.0)
    ward.wait(75.0)
    assert ward.kinds[-1] == "HUNG"


def test_each_service_may_be_asked_at_its_own_pace_or_never():
    ward = Ward(services={"slow": 60.0, "mute": 0.0}, misses=2)
    ward.begin("s", "slow")
    ward.begin("m", "mute")
    ward.begin("b", "billing")
    ward.wait(300.0)
    assert {run_id for _, run_id in ward.asked} == {"s", "b"}
    assert [word.run_id for word in ward.told if word.kind is Kind.HUNG] == ["b", "s"]
    ward.settings = HealthSettings()
    ward.wait(400.0, "")
    assert "m" in {run_id for _, run_id in ward.asked}


@given(st.lists(st.tuples(st.floats(0.0, 40.0), st.booleans()), max_size=40))
def test_no_run_that_answers_every_second_question_is_ever_called_hung(waits):
    """Whatever else goes on: late questions, and times without a router."""
    ward = Ward()
    ward.begin()
    now_s, number = 0.0, 0
    for wait_s, can_ask in waits:
        now_s += wait_s
        questions, words = ward.pulses.ask(now_s, can_ask=can_ask)
        assert Kind.HUNG not in {word.kind for word in words}
        for one in questions:
            number += 1
            if number % 2:
                ward.pulses.hear(one.serial, "", now_s)
