import pytest

from communicator.errors import ConfigError
from communicator.protocol import parse_host_port
from timekeeper.probes.exposure import check_probe_exposure


@pytest.mark.parametrize("listen", ["127.0.0.1:4044", "127.9.9.9:0", "[::1]:4044", "localhost:4044"])
def test_loopback_needs_no_key(listen):
    check_probe_exposure(parse_host_port(listen), has_key=False, mode="password")


@pytest.mark.parametrize("listen", ["10.0.0.5:4044", "0.0.0.0:4044", "[::]:0", "[fd00::1]:4044", "alpha.example:4044"])
def test_any_other_address_needs_the_key_or_a_plain_word(listen):
    address = parse_host_port(listen)
    check_probe_exposure(address, has_key=True, mode="password")
    check_probe_exposure(address, has_key=False, mode="none")
    with pytest.raises(ConfigError, match="can be reached from other hosts") as refusal:
        check_probe_exposure(address, has_key=False, mode="password")
    assert refusal.value.key == "cluster_key_file"
    assert repr(listen) in refusal.value.reason
