"""A thread of one's own does one job after the other, tells what came of each, and holds up no end."""

import threading

import pytest

from communicator.lone_thread import LoneThread


@pytest.fixture
def alone():
    made = LoneThread("alone")
    yield made
    made.close()


def test_it_does_one_after_the_other_in_a_thread_of_that_name(alone):
    jobs = [alone.submit(lambda number=number: (number, threading.current_thread().name)) for number in range(3)]
    assert [job.result(20) for job in jobs] == [(0, "alone"), (1, "alone"), (2, "alone")]
    assert alone.thread.daemon


def test_a_job_that_fails_is_told_and_the_next_is_done(alone):
    with pytest.raises(ZeroDivisionError):
        alone.submit(lambda: 1 / 0).result(20)
    assert alone.submit(lambda: 1).result(20) == 1


def test_a_job_that_is_given_up_while_it_waits_is_not_done(alone):
    let, done = threading.Event(), []
    first = alone.submit(lambda: let.wait(20))
    second = alone.submit(lambda: done.append("second"))
    assert second.cancel()
    let.set()
    assert first.result(20)
    assert alone.submit(lambda: done).result(20) == []


def test_it_begins_with_what_it_was_told_to():
    began = []
    thread = LoneThread("alone", lambda: began.append("began"))
    assert began == []
    assert thread.submit(lambda: list(began)).result(20) == ["began"]
    thread.close()


def test_after_closing_it_does_what_was_submitted_and_ends(alone):
    job = alone.submit(lambda: 1)
    alone.close()
    alone.thread.join(20)
    assert (job.result(20), alone.thread.is_alive()) == (1, False)
