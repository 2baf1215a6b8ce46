from canary.evidence.alarms import Alarms, Task


def test_the_earliest_comes_first_and_of_two_the_one_that_was_set_first():
    alarms = Alarms()
    assert alarms.next_s is None
    assert alarms.take(100.0) is None
    alarms.set(5.0, Task.PASS, "late")
    alarms.set(3.0, Task.PASS, "second")
    alarms.set(3.0, Task.CLOSE, "first of its kind")
    assert alarms.next_s == 3.0
    assert alarms.take(2.9) is None
    assert [alarms.take(3.0).key, alarms.take(3.0).key, alarms.take(3.0)] == ["second", "first of its kind", None]
    assert alarms.next_s == 5.0
