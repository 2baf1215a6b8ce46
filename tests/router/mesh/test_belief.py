"""Whose messages a link may bring, asked as a whole: over lines, as a router or a leaf brings them."""

import pytest

from communicator.protocol import decode

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


@pytest.mark.parametrize("sender", ["cpp", "nobody"])
@pytest.mark.parametrize("link", ["L", "B"])
@pytest.mark.parametrize("to", ["svc_a/P", "*:svc_a/P", "?:svc_a/P"])
def test_what_leaves_spread_is_believed_whoever_passes_it_on(book, link, sender, to):
    told = FLOODED.replace("cpp", sender)
    book.play(f"{link} > <{sender}:svc {to} x=1;{told}\nA < <{sender}:svc {to} x=1\nB < ...\nD < ...\nL < ...")
    book.play(f"L > <{sender}:svc *:svc_a/P x=1;{told}\nA < (nothing)\nL < ...")  # again, another way


@pytest.mark.parametrize("link", ["L", "B", "D"])
def test_nobody_passes_on_what_a_router_that_we_reach_has_spread(book, link):
    """Beta speaks for itself."""
    told = "A < <beta:svc svc_a/P x=1" if link == "B" else f"{link} < INVALID command=P;message=*"
    book.play(f"{link} > <beta:svc svc_a/P x=1;{FLOODED}\n{told}\nA < (nothing)")


SUITE = [
    "timekeeper/CLOCK_REPORT report={report}",
    "beta:timekeeper/CLOCK_REPORT report={report}",
    "*/CLOCK_REPORT report={report}",
    "canary/CANARY_EVIDENCE report={report}",
    "beta:canary/CANARY_EVIDENCE report={report}",
    "canary/CANARY_GET_EVIDENCE",
    "canary/CANARY_BOOK book=x",
    "canary/CANARY_COMMAND actor_server={server}",
    "POLICY_SET policy=x",
    "POLICY_GET",
    "CLOCK_STABLE clock_resolution=verified",
    "CLOCK_UNSTABLE clock_error=no_ntp",
    "RUN_REPORT service=svc_a",
    "RUN_STARTED",
    "VERSION_BLOCKED",
    "LINK_STATE records=[]",
    "LINK_STATE_SUMMARY known={{}}",
    "ACKNOWLEDGED message_id=x",
    "STOP",
    "TAP",
]


@pytest.mark.parametrize(
    "sender", ["cpp:canary", "cpp:timekeeper", "cpp:communicatord", "nobody:canary", "nobody:timekeeper"]
)
@pytest.mark.parametrize("said", SUITE)
def test_the_suite_is_not_spoken_to_by_way_of_a_leaf(book, said, sender):
    server = sender.partition(":")[0]
    line = said.format(server=server, report=f'"{{\\"server\\":\\"{server}\\"}}"')
    told = FLOODED.replace("cpp", server)
    separator = ";" if "=" in line else " "
    book.write("L", f"<{sender} {line}{separator}{told}\n".encode())
    answer = book.hear("L")
    command = line.rpartition(" ")[0].rpartition("/")[2] or line.rpartition("/")[2]
    assert (answer.command, answer.get("command")) == ("INVALID", command.partition(" ")[0])
    book.play("A < (nothing)\nB < (nothing)\nD < (nothing)")


def test_the_suite_speaks_by_way_of_its_own_routers(mesh):
    timekeeper = SERVICE.replace("svc_a", "timekeeper").replace("unix bob", "unix root")
    book = mesh().play(timekeeper)
    book.run(f"+ B remote\nB > {ROUTER}")
    line = b'<beta:timekeeper timekeeper/CLOCK_REPORT report="{\\"server\\":\\"beta\\"}"\n'
    book.write("B", line)
    assert book.hear("A") == decode(line)


def test_a_leaf_passes_on_broadcasts_of_those_only_it_knows(book):
    book.run(f"L > <nobody:svc */NOTE x=1;{FLOODED}\nA < <nobody:svc */NOTE x=1")
    book.play("L < (nothing)\nB < (nothing)\nD < (nothing)")


@pytest.mark.parametrize("to", ["svc_a/P", "peer:svc_a/P", "ALIVE", "peer:communicatord/ALIVE"])
def test_a_message_for_one_is_no_broadcast_whatever_it_carries(book, to):
    book.play(f"L > <beta:svc {to} x=1;{FLOODED}\nL < INVALID command={to.rpartition('/')[2]};message=*\nA < (nothing)")


def test_nobody_speaks_under_our_name_not_even_in_a_broadcast(book):
    book.play(f"L > <peer:svc_a */NOTE x=1;{FLOODED}\nL < INVALID command=NOTE;message=*\nA < (nothing)")
