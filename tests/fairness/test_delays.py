import pytest

from communicator.fairness import delays as module
from communicator.fairness.delays import FORGIVEN_S, NETWORK_MISTAKES, Delays


def test_each_mistake_in_a_row_doubles_the_wait_up_to_half_a_minute():
    delays, now_s = Delays(), 0.0
    for number, wait_s in enumerate((1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0), start=1):
        assert delays.note_wrong("10.0.0.1", now_s) == number
        assert delays.wait_s("10.0.0.1", now_s) == wait_s
        assert delays.delaying("::ffff:10.0.0.1", now_s) == "10.0.0.1"
        now_s += wait_s
        assert delays.wait_s("10.0.0.1", now_s) == 0.0
    assert delays.wait_s("10.0.0.2", now_s) == 0.0


def test_a_mistake_is_forgiven_in_time_and_by_what_is_right():
    delays = Delays()
    assert [delays.note_wrong("10.0.0.1", now_s) for now_s in (0.0, FORGIVEN_S - 1.0)] == [1, 2]
    assert delays.note_wrong("10.0.0.1", 2 * FORGIVEN_S) == 1
    delays.note_right("10.0.0.1")
    assert (delays.wait_s("10.0.0.1", 2 * FORGIVEN_S), len(delays._records)) == (0.0, 0)


def test_a_network_waits_once_more_than_a_few_of_it_were_wrong():
    delays = Delays()
    for number in range(NETWORK_MISTAKES):
        assert delays.note_wrong(f"2001:db8::{number}", 0.0) == 1
        assert delays.wait_s("2001:db8::a", 0.0) == 0.0
    delays.note_wrong("2001:db8::9", 0.0)
    assert (delays.delaying("2001:db8::a", 0.0), delays.wait_s("2001:db8::a", 0.0)) == ("2001:db8::/64", 1.0)
    assert delays.delaying("2001:db8::a", 0.0, network=False) == ""
    assert delays.wait_s("2001:db8:0:1::a", 0.0) == 0.0


def test_the_longer_wait_counts():
    delays = Delays()
    for _ in range(3):
        delays.note_wrong("2001:db8::1", 0.0)
    assert (delays.delaying("2001:db8::1", 0.0), delays.wait_s("2001:db8::1", 0.0)) == ("2001:db8::1", 4.0)


def test_what_is_right_of_one_address_does_not_clear_its_network():
    delays = Delays()
    for number in range(NETWORK_MISTAKES + 3):
        delays.note_wrong(f"2001:db8::{number}", 0.0)
    delays.note_right("2001:db8::1")
    assert delays.wait_s("2001:db8::1", 0.0) == 4.0


@pytest.mark.parametrize("host", [1, 3])
def test_the_oldest_of_too_many_is_forgotten(monkeypatch, host):
    monkeypatch.setattr(module, "REMEMBERED", 2)
    delays = Delays()
    for number in (1, 2, 3):
        delays.note_wrong(f"10.0.0.{number}", 0.0)
    assert (delays.wait_s(f"10.0.0.{host}", 0.0) > 0.0, len(delays._records)) == (host == 3, 2)
