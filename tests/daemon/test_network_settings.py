"""Doors, cluster, credentials and TLS: what is wrong with one table alone; how they go together is in test_exposure.py."""

import pytest

from communicator.daemon.network_settings import ClusterSettings, ListenSettings, parse_neighbor
from communicator.daemon.settings import CommunicatordSettings
from communicator.errors import ConfigError
from communicator.protocol.addresses import HostPort
from communicator.router.vocabulary.config import NeighborAddress
from communicator.runtime.settings import load_settings


@pytest.mark.parametrize(
    ("text", "neighbor"),
    [
        ("10.0.0.6:4042", NeighborAddress(HostPort("10.0.0.6", 4042), secure=False)),
        ("beta.example:1", NeighborAddress(HostPort("beta.example", 1), secure=False)),
        ("[fd00::6]:4042", NeighborAddress(HostPort("fd00::6", 4042), secure=False)),
        ("cd://10.0.0.6", NeighborAddress(HostPort("10.0.0.6", 4042), secure=False)),
        ("cd://10.0.0.6:5", NeighborAddress(HostPort("10.0.0.6", 5), secure=False)),
        ("cds://beta", NeighborAddress(HostPort("beta", 4043), secure=True)),
        ("cds://beta@10.0.0.6:4043", NeighborAddress(HostPort("10.0.0.6", 4043), secure=True, server="beta")),
        ("cds://beta_2@[fd00::6]", NeighborAddress(HostPort("fd00::6", 4043), secure=True, server="beta_2")),
        ("cds://[fd00::6]:7", NeighborAddress(HostPort("fd00::6", 7), secure=True)),
    ],
)
def test_a_neighbor_is_read(text, neighbor):
    assert parse_neighbor(text) == neighbor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "beta",
        "10.0.0.6",
        "10.0.0.6:0",
        "cdu://10.0.0.6:4041",
        "cd:///run/socket",
        "http://beta:80",
        "cds://",
        "beta@10.0.0.6:4042",
        "cd://beta@10.0.0.6",
        "cds://@10.0.0.6",
        "cds://be-ta@10.0.0.6",
        "cds://a@b@10.0.0.6",
    ],
)
def test_what_is_no_neighbor_is_named(text):
    with pytest.raises(ConfigError) as refused:
        ClusterSettings(neighbors=(text,))
    assert refused.value.key == "neighbors"


def test_a_neighbor_that_is_named_twice_is_one():
    assert len(ClusterSettings(neighbors=("127.0.0.1:1", "cd://127.0.0.1:1")).neighbor_addresses) == 1


@pytest.mark.parametrize(
    ("assignment", "key"),
    [
        ("cluster.my_address=alpha:4042", "cluster.my_address"),
        ("cluster.my_address=10.0.0.5", "cluster.my_address"),
        ("cluster.my_address=10.0.0.5:0", "cluster.my_address"),
        ("cluster.my_address=0.0.0.0:4042", "cluster.my_address"),
        ("cluster.my_address=[::]:4042", "cluster.my_address"),
        ("cluster.neighbors=127.0.0.1:4042", "cluster.neighbors"),
        ("auth.mode=maybe", "auth.mode"),
        ("auth.username=alpha", "auth.secret_file"),
        ("auth.secret_file=/s", "auth.username"),
        ('auth={username="a\\nb", secret_file="/s"}', "auth.username"),
        (f'auth={{username="{"x" * 129}", secret_file="/s"}}', "auth.username"),
        ('auth={mode="none", password_file="/p"}', "auth.mode"),
        ('auth={mode="none", key_file="/k"}', "auth.mode"),
        ("auth.password=secret", "auth.password"),
        ("tls.certificate=/c", "tls.private_key"),
        ("tls.private_key=/k", "tls.certificate"),
        ("tls.require_client_certificate=true", "tls.ca"),
    ],
)
def test_what_is_wrong_is_named_by_its_key(assignment, key):
    with pytest.raises(ConfigError) as refused:
        load_settings(CommunicatordSettings, [], [assignment])
    assert refused.value.key == key


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"remote": "10.0.0.5"}, "remote"),
        ({"remote": ":4042"}, "remote"),
        ({"secure": "10.0.0.5:x"}, "secure"),
        ({"secure": "cds://10.0.0.5:4043"}, "secure"),
        ({"local": "10.0.0.5:4040"}, "local"),
        ({"signal": "10.0.0.5:4041"}, "signal"),
        ({"unix": "relative"}, "unix"),
    ],
)
def test_what_is_no_address_is_named(values, key):
    with pytest.raises(ConfigError) as refused:
        ListenSettings(**values)
    assert refused.value.key == key


def test_no_other_host_comes_in_unless_somebody_says_so():
    assert (ListenSettings().remote, ListenSettings().secure) == ("", "")
