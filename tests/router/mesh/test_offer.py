import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.errors import RemoteProtocolError
from communicator.protocol import Message
from communicator.protocol.line_form import decode, encode_line
from communicator.router.mesh.offer import (
    FEATURES_TAKEN,
    NEIGHBORS_TAKEN,
    SERVICES_TAKEN,
    listed,
    read_address,
    read_offer,
    render_offer,
)
from communicator.router.vocabulary.config import ALL_FEATURES, ClusterConfig, RouterConfig


def make(*services, **cluster):
    return RouterConfig(
        server_name="alpha",
        my_address="10.0.0.1:4042",
        boot_id="b1",
        version="0.1.0",
        python="3.13",
        uid=0,
        known_services=frozenset(services),
        cluster=ClusterConfig(**cluster),
    )


WITHOUT_FEATURES = make(features=frozenset())


def read(config=None, command="ACCEPT", **parameters):
    told = {"server_name": "beta", "my_address": "10.0.0.2:4042", **parameters}
    return read_offer(Message(command, told), config or make())


def test_what_one_of_ours_tells_another_reads():
    told = render_offer(make("mail", "clock"), ["10.0.0.1:4042", "[fd00::2]:4042"], ["payroll"])
    offer = read_offer(decode(encode_line(Message("CONNECT", {"version": "1", **told}))), make())
    assert (offer.peer.server, offer.peer.address, offer.peer.boot_id) == ("alpha", "10.0.0.1:4042", "b1")
    assert (offer.peer.features, offer.peer.is_leaf) == (ALL_FEATURES, False)
    assert (offer.peer.services, offer.neighbors) == (("clock", "mail"), ("10.0.0.1:4042", "[fd00::2]:4042"))


@pytest.mark.parametrize("config", [make(), make("mail"), WITHOUT_FEATURES])
@pytest.mark.parametrize("neighbors", [[], ["10.0.0.1:4042"]])
@pytest.mark.parametrize("heard_of", [[], ["mail"]])
def test_nothing_empty_is_ever_told(config, neighbors, heard_of):
    told = render_offer(config, neighbors, heard_of)
    assert all(told.values())
    assert {"server_name", "my_address"} <= set(told)


def test_without_features_nobody_sees_that_we_are_another_implementation():
    assert not {"features", "boot_id"} & set(render_offer(WITHOUT_FEATURES, [], []))


def test_a_router_without_a_directory_takes_all_others_for_leaves():
    said = {"features": "directory/1", "boot_id": "b2"}
    assert not read(**said).peer.is_leaf
    assert read(WITHOUT_FEATURES, **said).peer.is_leaf


def test_services_that_are_none_are_left_out_and_lists_are_bounded():
    services = ",".join(["good", "not a name", "a-b", "", "*", *(f"s{number}" for number in range(2 * SERVICES_TAKEN))])
    features = ",".join(f"f{number}/1" for number in range(2 * FEATURES_TAKEN))
    peer = read(services=services, features=features, boot_id="x" * 1000).peer
    assert peer.services[:2] == ("good", "s0")
    assert (len(peer.services) <= SERVICES_TAKEN, len(peer.features), len(peer.boot_id)) == (True, FEATURES_TAKEN, 64)


@pytest.mark.parametrize(
    ("neighbors", "read_as"),
    [
        ("10.0.0.78", ("10.0.0.78:4042",)),
        ("10.0.0.78,10.0.0.79:4043, [fd00::1]", ("10.0.0.78:4042", "10.0.0.79:4043", "[fd00::1]:4042")),
        ("10.0.0.78:,a:b:c,[", ("10.0.0.78:", "a:b:c", "[")),  # the address book takes none of these
    ],
)
def test_a_neighbor_without_a_port_is_at_the_usual_one(neighbors, read_as):
    assert read(neighbors=neighbors).neighbors == read_as


def test_no_more_neighbors_are_read_than_are_remembered():
    addresses = [f"10.0.{number // 250}.{number % 250}:4042" for number in range(NEIGHBORS_TAKEN + 1)]
    assert list(read(neighbors=",".join(addresses)).neighbors) == addresses[:-1]


def test_of_a_list_the_first_parts_are_read_and_no_more():
    assert (listed("a, b ,,c"), listed("a, b ,,c", 4), listed("a, b ,,c", 3), listed("", 1)) == (
        ["a", "b", "c"],
        ["a", "b", "c"],
        ["a", "b"],
        [],
    )


@pytest.mark.parametrize("server", ["", "a b", "a-b", "*", ".", "?", "x" * 200, "a;b"])
def test_a_server_has_a_name(server):
    with pytest.raises(RemoteProtocolError, match="server_name"):
        read(server_name=server)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("10.0.0.1:4042", "10.0.0.1:4042"),
        ("[fd00:0::1]:4042", "[fd00::1]:4042"),
        ("[::ffff:10.0.0.1]:4042", "10.0.0.1:4042"),
        ("127.0.0.1:1", "127.0.0.1:1"),
    ],
)
def test_an_address_has_one_spelling(text, address):
    assert read_address(Message("GOSSIP", {"my_address": text})) == address


BAD_ADDRESSES = (
    "",
    "x",
    "10.0.0.1",
    "10.0.0.1:0",
    "10.0.0.1:x",
    "host-a:4042",
    "0.0.0.0:1",
    "224.0.0.1:1",
    "[fe80::1%a]:1",
)


@pytest.mark.parametrize("text", BAD_ADDRESSES)
def test_only_a_host_that_others_can_reach_has_an_address(text):
    with pytest.raises(RemoteProtocolError, match="my_address"):
        read_address(Message("GOSSIP", {"my_address": text}))


@pytest.mark.parametrize("version", ["", "0", "2", "-1", "one", "1.0"])
def test_another_version_of_the_protocol_is_refused(version):
    assert read(command="CONNECT", version="1") == read()
    with pytest.raises(RemoteProtocolError):
        read(command="CONNECT", version=version)
    with pytest.raises(RemoteProtocolError):
        read(command="CONNECT")


def test_lists_are_read_leniently():
    assert listed(" a , ,b,") == ["a", "b"]
    assert listed("") == []


@given(
    st.dictionaries(
        st.sampled_from(("server_name", "my_address", "services", "neighbors", "features", "boot_id")), st.text()
    )
)
def test_whatever_is_said_is_read_or_refused(said):
    try:
        offer = read_offer(Message("CONNECT", said), make())
    except RemoteProtocolError:
        return
    assert offer.peer.server == said["server_name"]
