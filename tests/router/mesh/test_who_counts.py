"""Who counts for the quorum, in clusters of several shapes, and with a member that tells of servers it has invented."""

import json
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communicator.client.status import read_cluster_status
from communicator.protocol import Message
from communicator.protocol.limits import LINE_BYTES_HARD, TOKEN_CHARACTERS
from communicator.router import RouterLimits
from communicator.router.features.cluster_status import NAMES_TOLD, counted_servers, measure_cluster, name_servers
from communicator.router.mesh.book.book import UNTOLD_SPAN_S
from communicator.router.vocabulary.effects import KeptFile
from tests.router.conftest import Wires
from tests.router.mesh.test_exchange import OTHER, ROUTER, STARTED, links, tell
from timekeeper.cluster.electorate import Members

A, B, C, D, E = (f"10.0.0.{number}" for number in range(1, 6))
IPS = dict(zip("abcde", (A, B, C, D, E), strict=True))
MALLORY = "CONNECT version=1;my_address=10.0.0.66:4042;server_name=mallory;boot_id=m1;features=directory/1"
INVENTED = [f"ghost{number:02}" for number in range(60)]


def counted(net, name):
    return "".join(sorted(counted_servers(net.board(name))))


def status(net, name):
    told = measure_cluster(net.board(name))
    return (told["status"], told["completeness"], told["live_count"], told["neighbors_count"])


def uncounted(net, name):
    return measure_cluster(net.board(name)).get("uncounted", "")


def join(net, links, **changes):
    """Start routers that are linked as named, such as ``ab bc``, and no others; each end names the other."""
    pairs = links.split()
    for name in sorted(set("".join(pairs))):
        others = [IPS[pair.replace(name, "")] for pair in pairs if name in pair]
        net.start(name, IPS[name], *others, discover=False, **changes.get(name, {}))
    return net.run(3)


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ("ab", {"a": "b", "b": "a"}),
        ("ab bc", {"a": "b", "b": "ac", "c": "b"}),
        ("ab bc cd", {"a": "b", "b": "ac", "c": "bd", "d": "c"}),
        ("ab ac ad", {"a": "bcd", "b": "a", "c": "a", "d": "a"}),
        ("ab bc cd ad", dict.fromkeys("abcd") | {"a": "bcd", "b": "acd", "c": "abd", "d": "abc"}),
        ("ab ac bc cd", {"a": "bc", "b": "ac", "c": "abd", "d": "c"}),
    ],
    ids=["pair", "line", "longer line", "star", "ring", "triangle with an end"],
)
def test_who_counts_whom(wires, links, expected):
    join(wires, links)
    assert {name: counted(wires, name) for name in expected} == expected


def expected_of(own, edges):
    """Whom a router counts in a cluster of such links, by the rule as it stands in docs/cluster.md."""
    linked = {name: {other for edge in edges if name in edge for other in edge if other != name} for name in "abcde"}
    found = {own} | linked[own]
    while new := {each for each in set(linked) - found if len(linked[each] & found) > 1}:
        found |= new
    return "".join(sorted(found - {own}))


@settings(max_examples=25)
@given(st.sets(st.sampled_from(["".join(pair) for pair in combinations("abcde", 2)]), min_size=1))
def test_in_any_cluster_each_counts_whom_two_vouch_for(edges):
    wires = join(Wires(), " ".join(sorted(edges)))
    for name in wires.ips:
        assert counted(wires, name) == expected_of(name, edges)
        assert set(uncounted(wires, name)).isdisjoint(counted(wires, name))


def test_an_end_of_a_line_is_shown_and_does_not_count(wires):
    join(wires, "ab bc")
    assert status(wires, "a") == ("up", "complete", "2", "2")
    told = measure_cluster(wires.board("a"))
    assert (told["servers"], told["uncounted"], "missing" in told) == ("a,b,c", "c", False)
    asker = wires.service("a", "asker")
    nodes = {one["server"]: one for one in json.loads(wires.ask(asker, "CLUSTER_GET_GRAPH")["graph"])["nodes"]}
    assert {name: (node["counts"], node["vouched_by"]) for name, node in nodes.items()} == {
        "a": (True, []),
        "b": (True, []),
        "c": (False, ["b"]),
    }


def test_what_is_configured_counts_over_a_line_too_and_once(wires):
    wires.start("a", A, B, C, discover=False).start("b", B, A, C, discover=False).start("c", C, B, discover=False)
    wires.run(3)
    assert status(wires, "a") == ("up", "complete", "3", "3")
    assert (counted(wires, "a"), uncounted(wires, "a")) == ("bc", "")
    wires.stop("c")
    wires.run(3)
    assert status(wires, "a") == ("up", "incomplete", "2", "3")


def test_who_counts_does_so_when_it_is_down_and_after_each_restart(wires):
    join(wires, "ab bc cd ad")
    wires.stop("c")
    wires.run(3)
    assert (counted(wires, "a"), status(wires, "a")) == ("bcd", ("up", "incomplete", "3", "4"))
    kept = wires.kept[A, KeptFile.NEIGHBORS]
    assert [line for line in kept.splitlines() if line.startswith("# counts")] == [f"# counts {name}" for name in "bcd"]
    wires.stop("a")
    wires.start("a", A, B, D, discover=False, saved_neighbors=kept).run(3)
    assert (counted(wires, "a"), status(wires, "a")) == ("bcd", ("up", "incomplete", "3", "4"))
    wires.stop("b")
    wires.stop("d")
    wires.run(3)
    assert status(wires, "a") == ("down", "incomplete", "1", "4")


def test_a_cluster_that_comes_up_piece_by_piece_counts_all_it_has_met(wires):
    kept = {}
    for name in "abcde":
        wires.start(name, IPS[name], A)
    wires.run(5)
    assert {counted(wires, name) for name in "abcde"} == {"abcde".replace(name, "") for name in "abcde"}
    kept = {name: wires.kept[IPS[name], KeptFile.NEIGHBORS] for name in "abcde"}
    for name in "abcde":
        wires.stop(name)
    for name, told in (("c", "1"), ("d", "2"), ("a", "3")):
        wires.start(name, IPS[name], A, saved_neighbors=kept[name]).run(3)
        assert status(wires, name) == ("up" if told == "3" else "down", "incomplete", told, "5")


def test_two_halves_are_halves_also_where_one_has_new_links(wires):
    join(wires, "ab bc cd ad ac bd")
    wires.cut("c", "d")
    wires.run(10)
    assert [status(wires, name) for name in "abcd"] == [("down", "incomplete", "2", "4")] * 4


def test_forgotten_is_forgotten_whoever_vouched(wires):
    join(wires, "ab bc cd ad")
    wires.stop("c")
    wires.run(3)
    wires.say(wires.service("a", "operator"), "FORGET server=c")
    wires.run(3)
    assert {name: counted(wires, name) for name in "abd"} == {"a": "bd", "b": "acd", "d": "abc"}, "b and d are told to"
    assert "counts c" not in wires.kept[A, KeptFile.NEIGHBORS]
    wires.start("c", C, B, D, discover=False).run(10)
    assert counted(wires, "a") == "bcd", "it is back, and two vouch for it"


def test_a_host_that_was_renamed_counts_once(wires):
    join(wires, "ab bc cd ad")
    wires.stop("c")
    wires.start("e", C, B, D, discover=False).run(5)
    assert {name: counted(wires, name) for name in "abde"} == {"a": "bde", "b": "ade", "d": "abe", "e": "abd"}


def test_a_host_that_has_moved_counts_once(wires):
    for name in "abc":
        wires.start(name, IPS[name], A)
    wires.run(3)
    wires.stop("c")
    wires.start("c", E, A).run(5)
    assert {name: counted(wires, name) for name in "abc"} == {"a": "bc", "b": "ac", "c": "ab"}


def test_a_leaf_is_vouched_for_by_those_that_are_linked_to_it(wires):
    leaf = {"features": frozenset()}
    join(wires, "ab bc ca be", e=leaf)
    assert (counted(wires, "b"), counted(wires, "a"), uncounted(wires, "a")) == ("ace", "bc", "e")
    wires.stop("e")
    wires.stop("c")
    wires.start("c", C, A, B, E, discover=False)
    wires.start("e", E, B, C, discover=False, **leaf).run(5)
    assert (counted(wires, "a"), uncounted(wires, "a")) == ("bce", "")


# One that tells of servers that are not there.


def invent(book, link, invented=INVENTED):
    """A member is linked to sixty servers, which say so, and name each other and us."""
    told = [links("mallory", "peer", "beta", *invented, boot="m1", address="10.0.0.66:4042")]
    told += [
        links(
            name, "mallory", "peer", "beta", *(other for other in invented if other != name), address=f"10.6.0.{at}:1"
        )
        for at, name in enumerate(invented)
    ]
    tell(book, link, *told)


@pytest.fixture
def linked(mesh):
    """We are linked with beta (B) and with mallory (M), who are linked with each other; beta is honest."""
    book = mesh().run(f"+ B remote\nB > {ROUTER}\n+ M remote from=10.0.0.66\nM > {MALLORY}\n")
    tell(book, "B", links("beta", "peer", "mallory", boot="b1", address="10.0.0.7:4042"))
    return book


@pytest.fixture
def besieged(linked):
    """The same, and mallory has invented sixty servers."""
    invent(linked, "M")
    return linked.run("@ 1")


def told_to(book):
    board = book.router._board
    return measure_cluster(board)


def names_in(book):
    return {member.server for member in book.router._board.mesh.book.members()}


def test_sixty_invented_servers_do_not_take_the_quorum_away(besieged):
    told = told_to(besieged)
    assert (told["status"], told["neighbors_count"], told["live_count"], told["quorum"]) == ("up", "3", "3", "2")
    assert told["uncounted"].split(",") == INVENTED
    assert "ghost" not in besieged.kept[KeptFile.NEIGHBORS]
    assert "10.6.0." not in besieged.kept[KeptFile.NEIGHBORS]


def test_nobody_who_is_named_as_reached_only_seems_to_count_however_many_are_invented(linked):
    invented = [f"ghost{number:03}" for number in range(150)]
    invent(linked, "M", invented)
    told = told_to(linked.run("@ 1"))
    assert told["uncounted"].split(",") == invented
    assert set(told["servers"].split(",")) - set(told["uncounted"].split(",")) == {"beta", "mallory", "peer"}
    status = read_cluster_status(Message("CLUSTER_CURRENT_STATUS", told), None)
    members = Members.read("peer", status, ())
    assert (members.counting, members.number) == ({"beta", "mallory", "peer"}, 3)


def test_whom_there_is_no_room_for_is_in_neither_list():
    ghosts = {f"{number:0{TOKEN_CHARACTERS}}" for number in range(NAMES_TOLD + 5)}
    lost = {f"{number:x<{TOKEN_CHARACTERS}}" for number in range(NAMES_TOLD + 5)}
    told = name_servers("own", {"beta"} | lost, {"beta"} | ghosts)
    uncounted = told["uncounted"].split(",")
    assert (uncounted, len(told["missing"].split(","))) == (sorted(ghosts)[:NAMES_TOLD], NAMES_TOLD)
    assert told["servers"].split(",") == sorted(["own", "beta", *uncounted])
    assert sum(map(len, told.values())) < LINE_BYTES_HARD / 2


def test_invented_servers_go_with_the_member_that_told_of_them(besieged):
    besieged.run("M x")
    tell(besieged, "B", links("beta", "peer", boot="b1", sequence=2, address="10.0.0.7:4042"))
    besieged.run("@ 1\nB < ...")
    told = told_to(besieged)
    assert (told["status"], told["neighbors_count"], told["live_count"], told["missing"]) == ("up", "3", "2", "mallory")
    assert "uncounted" not in told
    assert len(names_in(besieged)) > 60, "they are still dialled, as a host that is restarted would be"
    for _ in range(int(UNTOLD_SPAN_S) // 30 + 3):
        besieged.run("\n".join(f"! {number} no route" for number in list(besieged.dials)) + "\n@ 30")
    assert names_in(besieged) == {"beta", "mallory"}


def test_a_thousand_invented_neighbors_leave_room_for_what_others_tell(mesh):
    invented = ",".join(f"10.7.{at >> 8}.{at & 255}:1" for at in range(1000))
    book = mesh(limits=RouterLimits(members=100)).run(f"+ M remote\nM > {MALLORY};neighbors={invented}\n@ 0.01")
    assert len(book.router._board.mesh.book.members()) == 51
    book.run(f"+ B remote\nB > {ROUTER};neighbors=10.0.0.77:4042")
    assert book.router._board.mesh.book.has("10.0.0.77:4042")
    book.run("M x")
    assert told_to(book)["neighbors_count"] == "3"


def test_a_thousand_invented_records_keep_nobody_out_for_ever(mesh):
    book = mesh(limits=RouterLimits(members=50)).run(f"+ M remote\nM > {MALLORY}\n")
    for first in range(0, 1000, 100):
        tell(
            book, "M", *(links(f"g{at}", "mallory", address=f"10.6.0.{at & 255}:1") for at in range(first, first + 100))
        )
    database = book.router._board.mesh.database
    assert len(database.links()) == 50
    book.run("@ 1\nM x\n@ 1")
    assert set(database.links()) == {"peer"}
    book.run(f"+ D remote from=10.0.0.8\nD > {OTHER}")
    tell(book, "D", links("delta", "peer", boot="d1", address="10.0.0.8:4042"))
    assert "delta" in database.links()


def test_two_members_that_agree_can_vouch_for_anybody(besieged):
    """That is so by decision, and stands in docs/cluster.md; whoever counts may vouch in turn."""
    tell(besieged, "B", links("beta", "peer", "mallory", "ghost00", boot="b1", sequence=2, address="10.0.0.7:4042"))
    besieged.run("@ 1")
    assert (told_to(besieged)["neighbors_count"], "# counts ghost00" in besieged.kept[KeptFile.NEIGHBORS]) == (
        "63",
        True,
    )


@pytest.mark.parametrize(
    ("boot", "sequence"), [("b1", 9), ("b2", 1)], ids=["in this life of its name", "in another life of its name"]
)
def test_nobody_vouches_in_the_name_of_a_router_that_is_linked_to_us(besieged, boot, sequence):
    tell(besieged, "M", links("beta", "peer", "mallory", *INVENTED, boot=boot, sequence=sequence, started=STARTED + 9))
    besieged.run("@ 1")
    assert told_to(besieged)["neighbors_count"] == "3"
    assert "ghost" not in besieged.kept[KeptFile.NEIGHBORS]
