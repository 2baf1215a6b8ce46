"""What a router knows of the others, seen by what it says to a leaf (a C++ communicatord) and to services."""

import ipaddress
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.protocol import decode
from communicator.protocol.addresses import parse_host_port
from communicator.router.vocabulary.effects import Send

LEAF = "CONNECT version=1;my_address=10.0.0.9:4042;server_name=cpp;services=mail"
ROUTER = "CONNECT version=1;my_address=10.0.0.7:4042;server_name=beta;boot_id=b1;features=ack/1,directory/1"
OF_A_SERVICE = "x"
"""The only parameter that is a sender's business, and may be empty."""
FLOOD = {
    "broadcast_msgid": "*",
    "broadcast_hops": "1",
    "broadcast_originator": "10.0.0.5",
    "broadcast_timeout": "1795500010",
    "broadcast_informed_neighbors": "10.0.0.5,10.0.0.9",
    "secure_remote": "false",
}
FLOODED = ";".join(f"{name}={value}" for name, value in sorted(FLOOD.items()))
SERVICES = """
    + A unix bob
    A > REGISTER service=svc_a;version=1
    A < HELP
    A < READY my_address=*
    A > COMMANDS list=HELP,QUITTING,READY,STOP,UNKNOWN,NOTE
    + M unix bob
    M > REGISTER service=svc_m;version=1
    M < HELP
    M < READY my_address=*
    M > COMMANDS list=HELP,QUITTING,READY,STOP,UNKNOWN
"""


@pytest.fixture
def book(mesh):
    return mesh().play(SERVICES + f"+ L remote\nL > {LEAF}\nL < ...")


def test_a_broadcast_goes_to_a_leaf_with_all_that_it_wants(book):
    book.play(
        f"""
        A > */NOTE x=1
        A < <peer:svc_a */NOTE x=1
        L < <peer:svc_a */NOTE x=1;{FLOODED}
        A > ?/NOTE x=2
        A < <peer:svc_a ?/NOTE x=2
        L < <peer:svc_a ?/NOTE x=2;{FLOODED}
        A > ./NOTE x=3
        A < <peer:svc_a ./NOTE x=3
        """
    )


def test_no_two_broadcasts_have_one_identity_not_even_in_two_lives(mesh):
    identities = set()
    for boot in ("1", "2"):
        book = mesh(boot_id=f"0000000{boot}-0000-4000-8000-000000000001").play(
            SERVICES + f"+ L remote\nL > {LEAF}\nL < ..."
        )
        for _ in range(3):
            book.run("A > */NOTE x=1\nA < ...")
            identities.add(book.hear("L").get("broadcast_msgid"))
    assert len(identities) == 6


def from_leaf(number, x, informed="10.0.0.5,10.0.0.9"):
    return (
        f"L > <cpp:mail */NOTE broadcast_hops=1;broadcast_informed_neighbors={informed};broadcast_msgid=cpp-{number};"
        f"broadcast_originator=[::ffff:10.0.0.9];broadcast_timeout=1795500010;secure_remote=false;x={x}"
    )


def test_a_broadcast_of_a_leaf_is_heard_once_and_by_those_who_know_it(book):
    book.play(f"{from_leaf(1, 'one')}\nA < <cpp:mail */NOTE x=one\n{from_leaf(1, 'one')}\nA < (nothing)\nL < (nothing)")
    book.play(f"{from_leaf(2, 'two')}\nA < <cpp:mail */NOTE x=two")


def test_a_broadcast_of_a_leaf_goes_on_to_leaves_that_have_not_heard_it(book):
    other = LEAF.replace("0.9", "0.8").replace("cpp", "old").replace("mail", "clock")
    book.play(f"+ O remote from=10.0.0.8\nO > {other}\nO < ...")
    flooded = (
        FLOODED.replace("hops=1", "hops=2")
        .replace("=10.0.0.5,", "=10.0.0.5,10.0.0.8,")
        .replace("msgid=*", "msgid=cpp-1")
    )
    book.play(f"{from_leaf(1, 'one')}\nA < <cpp:mail */NOTE x=one\nO < <cpp:mail */NOTE x=one;{flooded}")
    book.play(f"{from_leaf(2, 'two', '10.0.0.5,10.0.0.8,10.0.0.9')}\nA < <cpp:mail */NOTE x=two\nO < (nothing)")


@pytest.mark.parametrize("to", ["mail/SEND", "cpp:mail/SEND"])
def test_a_message_finds_a_service_of_a_leaf(book, to):
    book.play(
        f"A > {to} x=1\nL < <peer:svc_a cpp:mail/SEND x=1\nL > <cpp:mail peer:svc_a/SENT x=1\nA < <cpp:mail peer:svc_a/SENT x=1"
    )


def test_a_leaf_is_not_written_to_in_our_own_words(book):
    """Acknowledgements, hops and copies for many are between our routers; a leaf gets what its services understand."""
    book.play(f"+ R remote from=10.0.0.7\nR > {ROUTER}\nR < ...\nL < ...")
    state = (
        '{"server":"beta","boot_id":"b1","started":1795500000,"part":"links","sequence":1,'
        '"state":{"address":"10.0.0.7:4042","secure":false,"neighbors":[{"server":"peer","cost":1.0,"leaf":null}]}}'
    )
    book.run(f"R > LINK_STATE records=[{state}]\nR < ...\nL < ...")
    book.play("R > <beta:svc cpp:mail/SEND hops_left=9;x=1\nL < <beta:svc cpp:mail/SEND x=1")
    book.play("A > mail/SEND x=2;ack=required\nL < <peer:svc_a cpp:mail/SEND x=2;ack=required")
    book.play("A > *:mail/SEND x=3;deliver=all\nL < <peer:svc_a cpp:mail/SEND x=3;deliver=all")
    flooded = (
        FLOODED.replace("hops=1", "hops=2")
        .replace("=10.0.0.5,", "=10.0.0.5,10.0.0.7,")
        .replace("msgid=*", "msgid=beta-1")
    )
    book.play(
        "R > <beta:svc */NOTE broadcast_msgid=beta-1;broadcast_to=cpp,peer;hops_left=14;x=4\n"
        f"A < <beta:svc */NOTE x=4\nL < <beta:svc */NOTE x=4;{flooded.replace('hops=2', 'hops=*')}"
    )


def test_a_leaf_that_asks_is_answered(book):
    book.play("L > <cpp:mail peer:communicatord/PUBLIC_IP\nL < cpp:mail/SERVER_PUBLIC_IP public_ip=10.0.0.5:4042")


@pytest.mark.parametrize("command", ["LINK_STATE records=[]", "LINK_STATE_SUMMARY known={}"])
def test_a_leaf_has_no_part_in_the_directory(book, command):
    book.play(f"L > <cpp:communicatord {command}\nL < INVALID command={command.partition(' ')[0]};message=*")


def test_a_broadcast_ends_at_a_leaf_that_is_gone(book):
    book.run("L x\nA > */NOTE x=1\nA < ...")
    assert not book.heard[book.links["L"]]


# Whatever we say to a leaf is well formed: it dies of other things.


def is_ip(text):
    try:
        return "%" not in text and ipaddress.ip_address(text) is not None
    except ValueError:
        return False


def assert_well_formed(message):
    parameters = message.parameters
    assert not [name for name, value in parameters.items() if value == "" and name != OF_A_SERVICE], message
    if message.command in ("CONNECT", "ACCEPT", "GOSSIP"):
        for address in (parameters["my_address"], *filter(None, parameters.get("neighbors", "").split(","))):
            host_port = parse_host_port(address)
            assert is_ip(host_port.host)
            assert host_port.port > 0
    flooded = set(parameters) & set(FLOOD)
    if message.service in ("*", "?"):
        assert flooded == set(FLOOD)
        assert parameters["broadcast_timeout"].isdecimal()
        assert parameters["broadcast_hops"].isdecimal()
        assert parameters["broadcast_msgid"]
        informed = parameters["broadcast_informed_neighbors"].split(",")
        assert all(is_ip(text) and "[" not in text for text in informed)
        originator = parameters["broadcast_originator"]
        assert is_ip(originator.strip("[]"))
        assert originator.startswith("[") is (":" in originator)
    else:
        assert not flooded
    assert not {"hops_left", "broadcast_to", "ack_id"} & set(parameters)


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12).filter(
    lambda text: ";" not in text and '"' not in text and "\\" not in text
)
ips = st.ip_addresses().map(str)
odd = st.one_of(
    ips, texts, st.sampled_from(["", "host-a", "fe80::1%eth0", "[::1]", "::ffff:1.2.3.4", "10.0.0.9", "1.2.3", "*"])
)
own_addresses = st.sampled_from(["10.0.0.5:4042", "[fd00::5]:4042", "127.0.0.1:4042"])


@st.composite
def told_addresses(draw):
    """An address as a router may tell of itself, as far as anybody believes it."""
    host = draw(odd)
    return f"[{host}]:4042" if ":" in host and "[" not in host else f"{host}:4042"


@given(own_addresses, told_addresses(), told_addresses(), st.lists(odd, max_size=4), texts)
def test_whatever_we_say_to_a_leaf_is_well_formed(mesh, own, beta, gamma, informed, text):
    book = mesh(my_address=own)
    book.run(SERVICES)
    book.run(f"+ L remote\nL > {LEAF}\n+ O remote\nO > {LEAF.replace('cpp', 'old').replace('0.9', '0.8')}")
    book.run(f"+ R remote from=10.0.0.7\nR > {ROUTER}")
    book.run(
        f"+ S remote from=10.0.0.6\nS > {ROUTER.replace('10.0.0.7:4042', beta).replace('beta', 'delta').replace('b1', 'd1')}"
    )
    neighbors = [
        {"server": "peer", "cost": 1.0},
        {"server": "leaf", "cost": 1.0, "leaf": {"address": gamma, "services": ["x"]}},
    ]
    state = {"address": beta, "secure": False, "neighbors": neighbors}
    head = {"server": "beta", "boot_id": "b1", "started": 1, "part": "links", "sequence": 1}
    records = json.dumps([{**head, "state": state}]).replace("\\", "\\\\")
    book.write("R", f"LINK_STATE records={records}\n".encode())
    book.write("A", f"*/NOTE x={text}\n?/NOTE x=\nmail/SEND x={text}\n".encode())
    book.write(
        "R",
        b"<beta:svc */NOTE broadcast_msgid=b-1;broadcast_to=cpp,old,peer;x=1\n<beta:svc cpp:mail/SEND hops_left=3;x=1\n",
    )
    flooded = f"broadcast_msgid={text};broadcast_hops={text};broadcast_informed_neighbors={','.join(informed)}"
    book.write("O", f"<old:svc */NOTE {flooded};broadcast_timeout={text};broadcast_originator={text};x=1\n".encode())
    book.run("@ 5")
    leaves = {book.links["L"], book.links["O"]}
    lines = [
        line
        for effect in book.effects
        if isinstance(effect, Send) and effect.link in leaves
        for line in effect.data.splitlines()
    ]
    assert [decode(line).command for line in lines].count("NOTE") >= 4
    for line in lines:
        assert_well_formed(decode(line))
