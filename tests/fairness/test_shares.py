from communicator.fairness.shares import Shares


def test_an_address_has_its_share_and_an_ipv6_network_twice_that():
    shares = Shares(2)
    for host in (1, 1, 2, 2):
        assert not shares.used_up(f"2001:db8::{host}")
        shares.add(f"2001:db8::{host}")
    assert shares.used_up("2001:db8::1") == "2001:db8::1"
    assert shares.used_up("2001:db8::3") == "2001:db8::/64"
    assert not shares.used_up("2001:db8:0:1::1")
    shares.remove("2001:db8::1")
    assert not shares.used_up("2001:db8::3")


def test_nothing_is_left_of_those_who_are_gone():
    shares = Shares(2)
    shares.add("10.0.0.1")
    shares.add("2001:db8::1")
    assert len(shares._held) == 3
    shares.remove("::ffff:10.0.0.1")
    shares.remove("2001:db8::1")
    assert len(shares._held) == 0
