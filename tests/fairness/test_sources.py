import pytest

from communicator.fairness import sources as module
from communicator.fairness.sources import LATELY_S, Sources, Standing, keys_of, network_of


@pytest.mark.parametrize(
    ("address", "keys"),
    [
        ("10.0.0.1", ("10.0.0.1",)),
        ("::ffff:10.0.0.1", ("10.0.0.1",)),
        ("2001:DB8:0::1", ("2001:db8::1", "2001:db8::/64")),
        ("fd00::1:0:0:1", ("fd00::1:0:0:1", "fd00::/64")),
        ("fe80::1%eth0", ("fe80::1", "fe80::/64")),
        ("::1", ("::1", "::/64")),
        ("gone", ("gone",)),
        ("", ("",)),
    ],
)
def test_what_an_address_is_counted_under(address, keys):
    assert keys_of(address) == keys
    assert network_of(address) == keys[-1]


def test_an_address_is_new_then_known_for_a_day_and_its_network_is_not():
    sources = Sources(lambda _: False)
    sources.note_proven("2001:db8::1", 0.0)
    assert sources.standing("2001:DB8::1", LATELY_S - 1.0) is Standing.KNOWN
    assert sources.standing("2001:db8::2", 0.0) is Standing.NEW
    assert sources.standing("2001:db8::1", LATELY_S) is Standing.NEW


def test_who_fails_has_failed_for_a_day_with_its_network():
    sources = Sources(lambda _: False)
    sources.note_failed("2001:db8::1", 0.0)
    assert sources.standing("2001:db8::2", LATELY_S - 1.0) is Standing.FAILED
    assert sources.standing("2001:db8:0:1::1", 0.0) is Standing.NEW
    assert sources.standing("2001:db8::2", LATELY_S) is Standing.NEW


def test_one_we_know_stays_known_in_a_network_that_fails_until_it_fails_itself():
    sources = Sources(lambda _: False)
    sources.note_proven("2001:db8::1", 0.0)
    sources.note_failed("2001:db8::2", 1.0)
    assert sources.standing("2001:db8::1", 1.0) is Standing.KNOWN
    sources.note_failed("2001:db8::1", 2.0)
    assert sources.standing("2001:db8::1", 2.0) is Standing.FAILED
    sources.note_proven("2001:db8::1", 3.0)
    assert sources.standing("2001:db8::1", 3.0) is Standing.KNOWN


def test_what_is_configured_is_known_whatever_it_does():
    sources = Sources(lambda address: address == "10.0.0.1")
    sources.note_failed("10.0.0.1", 0.0)
    assert sources.standing("::ffff:10.0.0.1", 0.0) is Standing.KNOWN


def test_the_oldest_of_too_many_is_forgotten(monkeypatch):
    monkeypatch.setattr(module, "REMEMBERED", 2)
    sources = Sources(lambda _: False)
    for host in (1, 2, 1, 3):
        sources.note_proven(f"10.0.0.{host}", 0.0)
        sources.note_failed(f"10.1.0.{host}", 0.0)
    assert [sources.standing(f"10.0.0.{host}", 0.0) for host in (1, 2, 3)] == [
        *(Standing.KNOWN, Standing.NEW, Standing.KNOWN)
    ]
    assert [sources.standing(f"10.1.0.{host}", 0.0) for host in (1, 2, 3)] == [
        *(Standing.FAILED, Standing.NEW, Standing.FAILED)
    ]
