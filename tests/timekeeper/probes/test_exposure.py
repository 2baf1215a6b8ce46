import pytest

from communicator.errors import ConfigError
from communicator.protocol import parse_host_port
from timekeeper.probes.exposure import check_probe_exposure


@pytest.mark.parametrize(
    "listen", ["127.0.0.1:4044", "127.9.9.9:0", "[::1]:4044", "[::ffff:127.0.0.1]:4044", "localhost:4044"]
)
def test_loopback_needs_no_key(listen):
    check_probe_exposure(parse_host_port(listen), has_key=False, mode="password")


PRIVATE = ("10.0.0.5", "192.168.1.1", "[fc00::1]", "[fd00::1]", "[::ffff:10.0.0.5]")
OPEN_TO_ALL = (
    *("100.64.0.1", "169.254.1.1", "192.0.2.1", "0.0.0.0", "alpha.example", "127.1"),
    *("[::]", "[fe80::1]", "[2001:db8::1]", "[::ffff:0.0.0.0]"),
)


@pytest.mark.parametrize("host", PRIVATE + OPEN_TO_ALL)
def test_any_other_address_needs_the_key_or_if_private_a_plain_word(host):
    listen = f"{host}:4044"
    address = parse_host_port(listen)
    check_probe_exposure(address, has_key=True, mode="password")
    if host in PRIVATE:
        check_probe_exposure(address, has_key=False, mode="none")
    else:
        with pytest.raises(ConfigError, match="is not a private address"):
            check_probe_exposure(address, has_key=False, mode="none")
    with pytest.raises(ConfigError, match="can be reached from other hosts") as refusal:
        check_probe_exposure(address, has_key=False, mode="password")
    assert refusal.value.key == "cluster_key_file"
    assert repr(listen) in refusal.value.reason
