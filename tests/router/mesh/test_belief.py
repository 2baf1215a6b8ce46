"""Whose messages a link may bring, asked as a whole: over lines, as a router or a leaf brings them."""

import pytest

ROUTER = "CONNECT version=1;my_address=10.0.0.7:4042;server_name=beta;boot_id=b1;features=directory/1"
LEAF = "CONNECT version=1;my_address=10.0.0.9:4042;server_name=cpp;services=mail"
FLOODED = (
    "broadcast_msgid=x-1;broadcast_hops=1;broadcast_originator=10.0.0.9;broadcast_timeout=1795500010;"
    "broadcast_informed_neighbors=10.0.0.5,10.0.0.9;secure_remote=false"
)
SERVICE = """
    + A unix bob
    A > REGISTER service=svc_a;version=1
    A < HELP
    A < READY my_address=*
    A > COMMANDS list=HELP,QUITTING,READY,STOP,UNKNOWN,NOTE
"""


def state(server, boot, address, *neighbors):
    told = ",".join(f'{{"server":"{name}","cost":1.0,"leaf":null}}' for name in neighbors)
    return (
        f'{{"server":"{server}","boot_id":"{boot}","started":1795500000,"part":"links","sequence":1,'
        f'"state":{{"address":"{address}","secure":false,"neighbors":[{told}]}}}}'
    )


@pytest.fixture
def book(mesh):
    """We are linked with beta, with a leaf, and with delta; gamma is behind beta."""
    book = mesh().play(SERVICE)
    delta = ROUTER.replace("beta", "delta").replace("b1", "d1").replace("0.7", "0.8")
    book.run(f"+ B remote\nB > {ROUTER}\n+ L remote from=10.0.0.9\nL > {LEAF}\n+ D remote from=10.0.0.8\nD > {delta}")
    records = (state("beta", "b1", "10.0.0.7:4042", "peer", "gamma"), state("gamma", "c1", "10.0.0.3:4042", "beta"))
    book.write("B", f"LINK_STATE records=[{','.join(records)}]\n".encode())
    book.write("D", f"LINK_STATE records=[{state('delta', 'd1', '10.0.0.8:4042', 'peer')}]\n".encode())
    return book.play("B < ...\nL < ...\nD < ...")


@pytest.mark.parametrize(
    ("link", "sender"),
    [
        ("B", "<beta:svc "),
        ("B", "<beta:communicatord "),
        ("B", ""),
        ("B", "<gamma:svc "),
        ("L", "<cpp:mail "),
        ("L", ""),
    ],
)
def test_a_link_brings_what_is_at_its_end_or_behind_it(book, link, sender):
    book.run(f"{link} > {sender}svc_a/P x=1")
    assert book.hear("A").sender == sender.strip("< ")


@pytest.mark.parametrize(
    ("link", "sender"),
    [
        ("B", "<peer:svc_a "),
        ("B", "<peer:communicatord "),
        ("B", "<delta:svc "),
        ("B", "<cpp:mail "),
        ("B", "<nobody:svc "),
        ("L", "<beta:svc "),
        ("L", "<nobody:svc "),
        ("D", "<gamma:svc "),
    ],
)
@pytest.mark.parametrize("to", ["svc_a/P", "peer:svc_a/P", "*/NOTE", "gamma:svc/P", "ALIVE"])
def test_nothing_is_believed_that_cannot_have_come_this_way(book, link, sender, to):
    for _ in range(11):  # long after the last change of the routes
        book.run("@ 1\nB < ...\nD < ...\nL < ...")
        book.run("\n".join(f"{each} > ABSOLUTELY serial=0" for each in "BDL"))
    book.run(f"{link} > {sender}{to} x=1")
    answer = book.hear(link)
    assert (answer.command, answer.get("command")) == ("INVALID", to.rpartition("/")[2])
    book.play("A < (nothing)\nB < (nothing)\nD < (nothing)\nL < (nothing)")


def test_while_routes_settle_any_way_there_is_believed(book):
    """Gamma tells of a second link, to delta, and its lines may come this way before everybody knows."""
    link = state("gamma", "c1", "10.0.0.3:4042", "beta", "delta").replace('"sequence":1', '"sequence":2')
    back = state("delta", "d1", "10.0.0.8:4042", "peer", "gamma").replace('"sequence":1', '"sequence":2')
    book.write("B", f"LINK_STATE records=[{link}]\n".encode())
    book.write("D", f"LINK_STATE records=[{back}]\n".encode())
    book.run("B < ...\nD < ...\nL < ...")
    for link in ("B", "D"):
        book.play(f"{link} > <gamma:svc svc_a/P x=1\nA < <gamma:svc svc_a/P x=1")


def test_a_leaf_passes_on_broadcasts_of_those_only_it_knows(book):
    book.run(f"L > <nobody:svc */NOTE x=1;{FLOODED}\nA < <nobody:svc */NOTE x=1")
    book.play("L < (nothing)\nB < (nothing)\nD < (nothing)")


@pytest.mark.parametrize("to", ["svc_a/P", "peer:svc_a/P", "ALIVE", "peer:communicatord/ALIVE"])
def test_a_message_for_one_is_no_broadcast_whatever_it_carries(book, to):
    book.play(f"L > <beta:svc {to} x=1;{FLOODED}\nL < INVALID command={to.rpartition('/')[2]};message=*\nA < (nothing)")


def test_nobody_speaks_under_our_name_not_even_in_a_broadcast(book):
    book.play(f"L > <peer:svc_a */NOTE x=1;{FLOODED}\nL < INVALID command=NOTE;message=*\nA < (nothing)")
