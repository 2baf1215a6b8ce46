from communicator.protocol.addresses import parse_host_port
from communicator.router.mesh.absence import Absence
from communicator.router.mesh.address_table import AddressTable
from communicator.router.mesh.known_address import KnownAddress
from communicator.router.mesh.neighbors_file import rank


def make_known(address):
    host_port = parse_host_port(address)
    return KnownAddress(host_port, address, rank(host_port), Absence("k", 0.0), 0.0, secure=False)


def make_table(*addresses):
    table = AddressTable()
    for address in addresses:
        table.add(make_known(address))
    return table


def groups_of(table):
    return sorted(sorted(known.address for known in group) for group in table.groups())


def test_an_address_is_found_by_text_and_by_server():
    table = make_table("10.0.0.1:1", "10.0.0.2:1")
    first = table.get("10.0.0.1:1")
    table.assign(first, "a")
    assert (len(table), table.of_server("a"), table.get("10.0.0.3:1"), table.of_server("")) == (2, [first], None, [])


def test_a_server_that_leaves_its_last_address_leaves_no_trace():
    table = make_table("10.0.0.1:1")
    first = table.get("10.0.0.1:1")
    table.assign(first, "a")
    first.is_proven = True
    table.assign(first, "a")
    assert first.is_proven
    table.assign(first, "b")
    assert (first.is_proven, table.of_server("a"), table.of_server("b")) == (False, [], [first])
    table.remove(first)
    assert (len(table), table._by_server) == (0, {})


def test_addresses_of_one_server_are_one_group():
    table = make_table("10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1", "host-a:1", "10.0.0.5:1")
    for address in ("10.0.0.1:1", "host-a:1"):
        table.assign(table.get(address), "a")
    table.get("10.0.0.5:1").is_provisional = True
    assert groups_of(table) == [["10.0.0.1:1", "host-a:1"], ["10.0.0.2:1"], ["10.0.0.3:1"]]
    assert len(table.counted()) == 4


def test_it_may_be_changed_while_it_is_walked():
    table = make_table("10.0.0.1:1", "10.0.0.2:1")
    for known in table:
        table.remove(known)
    assert len(table) == 0
