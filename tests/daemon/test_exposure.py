"""Who may be let in by which door, row by row: each start that is refused names the key to set."""

import pytest

from communicator.daemon.exposure import demands_credentials, open_doors
from communicator.daemon.settings import CommunicatordSettings
from communicator.errors import ConfigError
from communicator.protocol.addresses import HostPort, read_ip
from communicator.runtime.settings import load_settings

CLEAR = "auth.allow_cleartext_password=true"
NONE = "auth.mode=none"
OPEN = 'auth={mode="none", open_to_private_network=true}'
OPENED = "auth.open_to_private_network"
FILE = "auth.password_file=/etc/passwords"
KEY = "auth.key_file=/etc/key"
TLS = 'tls={certificate="/c", private_key="/k"}'
BOTH = 'tls={certificate="/c", private_key="/k", ca="/a", require_client_certificate=true}'
VERIFIES = 'tls={certificate="/c", private_key="/k", ca="/a"}'
ME = "cluster.my_address=10.0.0.5:4042"

REMOTE = [
    # listen.remote, with what else, the key that is named; empty: it may start
    ("10.0.0.5:4042", [KEY], ""),
    ("192.0.2.1:4042", [KEY], ""),
    ("10.0.0.5:4042", [KEY, FILE], "auth.allow_cleartext_password"),
    ("10.0.0.5:4042", [KEY, NONE], "auth.mode"),
    ("127.0.0.1:4042", [], ""),
    ("127.0.0.7:0", [NONE], ""),
    ("[::1]:4042", [], ""),
    ("localhost:4042", [], ""),
    ("10.0.0.5:4042", [], "auth.password_file"),
    ("10.0.0.5:4042", [CLEAR], "auth.password_file"),
    ("10.0.0.5:4042", [FILE], "auth.allow_cleartext_password"),
    ("10.0.0.5:4042", [FILE, CLEAR], ""),
    ("10.0.0.5:4042", [BOTH], "auth.password_file"),
    ("10.0.0.5:4042", [NONE], OPENED),
    ("10.0.0.5:4042", [OPEN], ""),
    ("172.31.255.1:4042", [NONE], OPENED),
    ("172.31.255.1:4042", [OPEN], ""),
    ("192.168.1.1:4042", [NONE], OPENED),
    ("192.168.1.1:4042", [OPEN], ""),
    ("[fd00::1]:4042", [NONE], OPENED),
    ("[fd00::1]:4042", [OPEN], ""),
    ("172.32.0.1:4042", [NONE], "listen.remote"),
    ("192.0.2.1:4042", [NONE], "listen.remote"),
    ("169.254.1.1:4042", [NONE], "listen.remote"),
    ("100.64.0.1:4042", [NONE], "listen.remote"),
    ("100.64.0.1:4042", [OPEN], "listen.remote"),
    ("10.0.0.5:4042", [FILE, CLEAR, "auth.open_to_private_network=true"], OPENED),
    ("[2001:db8::1]:4042", [NONE], "listen.remote"),
    ("[fe80::1]:4042", [NONE], "listen.remote"),
    ("alpha.example:4042", [NONE], "listen.remote"),
    ("alpha.example:4042", [FILE, CLEAR], ""),
    ("0.0.0.0:4042", [NONE, ME], "listen.remote"),
    ("[::]:4042", [NONE, ME], "listen.remote"),
    ("0.0.0.0:4042", [FILE, CLEAR], "cluster.my_address"),
    ("0.0.0.0:4042", [FILE, CLEAR, ME], ""),
]
SECURE = [
    ("127.0.0.1:4043", [], "tls.certificate"),
    ("127.0.0.1:4043", [TLS], ""),
    ("10.0.0.5:4043", [FILE], "tls.certificate"),
    ("10.0.0.5:4043", [TLS], "auth.password_file"),
    ("10.0.0.5:4043", [VERIFIES], "auth.password_file"),
    ("10.0.0.5:4043", [BOTH], ""),
    ("10.0.0.5:4043", [TLS, KEY], ""),
    ("10.0.0.5:4043", [TLS, FILE], ""),
    ("10.0.0.5:4043", [TLS, NONE], OPENED),
    ("10.0.0.5:4043", [TLS, OPEN], ""),
    ("192.0.2.1:4043", [TLS, NONE], "listen.secure"),
    ("192.0.2.1:4043", [BOTH, NONE], ""),
    ("192.0.2.1:4043", [TLS, FILE], ""),
    ("0.0.0.0:4043", [BOTH], "cluster.my_address"),
    ("0.0.0.0:4043", [BOTH, ME], ""),
]


def _refused(*assignments: str) -> str:
    """The key that is named; empty when the settings are good."""
    try:
        load_settings(CommunicatordSettings, [], assignments)
    except ConfigError as error:
        return error.key
    return ""


@pytest.mark.parametrize(("address", "others", "key"), REMOTE)
def test_a_plain_door(address, others, key):
    assert _refused(f"listen.remote={address}", *others) == key


@pytest.mark.parametrize(("address", "others", "key"), SECURE)
def test_a_tls_door(address, others, key):
    assert _refused(f"listen.secure={address}", *others) == key


ON_THIS_MACHINE = ["127.0.0.1", "127.255.255.254", "[::1]", "[::ffff:127.0.0.1]", "localhost"]
PRIVATE = [
    *("10.0.0.0", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255"),
    *("[fc00::1]", "[fd00::1]", "[fdff:ffff::1]", "[::ffff:10.0.0.5]", "[::ffff:192.168.1.1]"),
]
OPEN_TO_ALL = [
    *("192.0.2.1", "8.8.8.8", "172.15.255.255", "172.32.0.1", "192.167.1.1", "11.0.0.1", "126.1.1.1", "128.0.0.1"),
    *("100.64.0.1", "100.127.255.254"),  # RFC 6598: shared by the customers of a provider
    *("169.254.1.1", "[fe80::1]", "[fe80::1%eth0]", "[febf::1]"),  # link-local: whoever is on the wire
    *("[2001:db8::1]", "[2000::1]", "[fec0::1]", "[fbff::1]", "[64:ff9b::a00:5]", "[2002:a00:5::1]", "[ff02::1]"),
    *("[::ffff:192.0.2.1]", "[::ffff:100.64.0.1]", "[::ffff:169.254.1.1]", "[::10.0.0.5]", "[::ffff:0.0.0.0]"),
    *("0.0.0.0", "[::]", "255.255.255.255", "alpha.example", "LOCALHOST", "localhost.", "127.1", "0", "2130706433"),
]
DOORS = [("listen.remote", []), ("listen.secure", [TLS])]


@pytest.mark.parametrize("host", PRIVATE + OPEN_TO_ALL)
@pytest.mark.parametrize(("door", "others"), DOORS)
def test_whatever_other_hosts_can_reach_demands_credentials(door, others, host):
    opened = f"{door}={host}:4042"
    assert _refused(opened, *others, ME) == "auth.password_file"
    assert _refused(opened, *others, ME, FILE, CLEAR) == ""
    assert _refused(opened, *others, ME, NONE) == (OPENED if host in PRIVATE else door)
    assert _refused(opened, *others, ME, OPEN) == ("" if host in PRIVATE else door)
    settings = load_settings(CommunicatordSettings, [], [opened, *others, ME, FILE, CLEAR])
    assert demands_credentials(settings.listen, settings.auth, settings.tls)


@pytest.mark.parametrize("host", ON_THIS_MACHINE)
@pytest.mark.parametrize(("door", "others"), DOORS)
def test_what_only_this_machine_can_reach_demands_none(door, others, host):
    assert _refused(f"{door}={host}:4042", *others) == ""


@pytest.mark.parametrize("host", PRIVATE + OPEN_TO_ALL)
def test_the_doors_of_this_machine_are_never_opened_to_others(host):
    assert _refused(f"listen.local={host}:4040") == "listen.local"
    assert _refused(f"listen.signal={host}:4041") == "listen.signal"
    assert _refused(f"listen.signal={host}:4041", "listen.signal_secret_file=/etc/secret") == ""


@pytest.mark.parametrize("door", ["remote", "secure"])
@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "[::ffff:0.0.0.0]"])
def test_what_stands_for_all_addresses_is_nobodys_own(door, host):
    assert _refused(f"listen.{door}={host}:4042", TLS, FILE, CLEAR) == "cluster.my_address"


def test_a_door_of_all_addresses_is_no_address_unless_another_door_has_one():
    wide = ["listen.secure=0.0.0.0:4043", BOTH, FILE, CLEAR]
    assert _refused("listen.remote=0.0.0.0:4042", *wide) == "cluster.my_address"
    assert _refused("listen.remote=10.0.0.5:4042", *wide) == ""


@pytest.mark.parametrize(
    ("neighbor", "others", "key"),
    [
        ("127.0.0.2:4042", [], ""),
        ("localhost:4042", [], ""),
        ("10.0.0.6:4042", [], "cluster.neighbors"),
        ("beta:4042", [], "cluster.neighbors"),
        ("10.0.0.6:4042", [CLEAR], ""),
        ("10.0.0.6:4042", [KEY], ""),
        ("10.0.0.6:4042", [NONE], ""),
        ("beta:4042", [NONE], ""),  # where a name leads to is the business of who gave it
        ("192.0.2.1:4042", [NONE], "cluster.neighbors"),
        ("192.0.2.1:4042", [NONE, CLEAR], ""),
        ("cds://10.0.0.6:4043", [], "tls.ca"),
        ("cds://127.0.0.2", [TLS], "tls.ca"),
        ("cds://192.0.2.1", ["tls.ca=/a"], ""),
    ],
)
def test_a_neighbor(neighbor, others, key):
    assert _refused(f'cluster.neighbors=["127.0.0.9:4042", "{neighbor}"]', *others) == key


@pytest.mark.parametrize(
    ("assignments", "demands"),
    [
        (["listen.remote=127.0.0.1:4042"], False),
        (["listen.remote=127.0.0.1:4042", FILE], True),
        (["listen.remote=127.0.0.1:4042", KEY], True),
        (["listen.remote=127.0.0.1:4042", "listen.secure=127.0.0.1:0", TLS], False),
        (["listen.remote=127.0.0.1:4042", "listen.secure=127.0.0.1:0", BOTH], True),
        (["listen.remote=10.0.0.5:4042", FILE, CLEAR], True),
        (["listen.remote=10.0.0.5:4042", OPEN], False),
        (["listen.secure=10.0.0.5:4043", BOTH], True),
        (["listen.secure=10.0.0.5:4043", BOTH, NONE], False),
        ([], False),
    ],
)
def test_others_have_to_show_who_they_are_unless_only_this_machine_can_come_in(assignments, demands):
    settings = load_settings(CommunicatordSettings, [], assignments)
    assert demands_credentials(settings.listen, settings.auth, settings.tls) is demands


@pytest.mark.parametrize(
    ("assignments", "doors"),
    [
        (["listen.remote=10.0.0.5:4042", OPEN], {"listen.remote": "10.0.0.5:4042"}),
        (["listen.remote=10.0.0.5:4042", "listen.secure=10.0.0.5:4043", TLS, OPEN], {"listen.remote", "listen.secure"}),
        (["listen.secure=10.0.0.5:4043", BOTH, NONE], {}),
        (["listen.remote=127.0.0.1:4042", NONE], {}),
        (["listen.remote=127.0.0.1:4042", OPEN], {}),
        (["listen.remote=10.0.0.5:4042", KEY], {}),
        ([OPEN], {}),
    ],
)
def test_doors_that_let_anybody_in_are_named(assignments, doors):
    settings = load_settings(CommunicatordSettings, [], assignments)
    assert open_doors(settings.listen, settings.auth, settings.tls).keys() == set(doors)


def test_numbers_and_wildcards_are_told_from_names():
    assert [read_ip(host) is not None for host in ("10.0.0.1", "::", "beta")] == [True, True, False]
    assert [HostPort(host, 1).is_unspecified for host in ("0.0.0.0", "::", "10.0.0.1", "beta")] == [
        True,
        True,
        False,
        False,
    ]
