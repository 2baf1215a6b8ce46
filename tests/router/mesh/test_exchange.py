"""Link states on their way between us and a router or two."""

import json

import pytest

from communicator.router import RouterLimits
from communicator.router.peering.exchange import REPUBLISH_EVERY_S
from communicator.router.vocabulary.effects import Level
from communicator.router.vocabulary.records import RECORDS_BYTES, bucket_of, decode_records

STARTED = 1_795_500_000
BOOT = "00000000-0000-4000-8000-000000000001"
ROUTER = "CONNECT version=1;my_address=10.0.0.7:4042;server_name=beta;boot_id=b1;features=directory/1"
OTHER = "CONNECT version=1;my_address=10.0.0.8:4042;server_name=delta;boot_id=d1;features=directory/1"
LEAF = "CONNECT version=1;my_address=10.0.0.9:4042;server_name=cpp;services=mail"
PAYROLL = bucket_of("payroll")


def links(server, *neighbors, boot="x1", started=STARTED, sequence=1, address="10.0.0.3:4042", forgotten=()):
    state = {
        "address": address,
        "secure": False,
        "neighbors": [{"server": name, "cost": 1.0} for name in neighbors],
        "forgotten": dict(forgotten),
    }
    return record(server, "links", state, boot, started, sequence)


def payroll(server, boot="x1", started=STARTED, sequence=1, service="payroll", part=PAYROLL):
    instance = {"server": server, "service": service, "role": "live", "state": "up", "commands": ["PAY"]}
    return record(server, part, {"instances": [instance]}, boot, started, sequence)


def record(server, part, state, boot="x1", started=STARTED, sequence=1):
    return {"server": server, "boot_id": boot, "started": started, "part": part, "sequence": sequence, "state": state}


def tell(book, link, *records):
    """In as many lines as a router writes for so much."""
    lines = [[]]
    for each in map(json.dumps, records):
        if lines[-1] and len(", ".join([*lines[-1], each])) + 2 > RECORDS_BYTES:
            lines.append([])
        lines[-1].append(each)
    book.write(link, "".join(f"LINK_STATE records=[{', '.join(each)}]\n" for each in lines).encode())


def told(book, link):
    """The records a link has heard of since it was asked last: server, part and sequence."""
    heard, known = book.heard[book.links[link]], []
    while heard:
        message = heard.popleft()
        if message != "EOF" and message.command == "LINK_STATE":
            known += [(one.server, one.part, one.sequence) for one in decode_records(message.get("records")).records]
    return known


def known(book):
    database = book.router._board.mesh.database
    return sorted((one.server, one.part, one.sequence) for one in database.records() if one.server != "peer")


@pytest.fixture
def book(mesh):
    """We are linked with beta (B), delta (D) and a leaf (L)."""
    book = mesh()
    book.run(f"+ B remote\nB > {ROUTER}\n+ D remote from=10.0.0.8\nD > {OTHER}\n+ L remote from=10.0.0.9\nL > {LEAF}")
    return book.play("B < ...\nD < ...\nL < ...")


def test_whoever_is_linked_is_told_of_it_and_what_we_know(mesh):
    book = mesh().run(
        f"+ B remote\nB > {ROUTER}\nB < ACCEPT server_name=*;my_address=*;services=*;features=*;boot_id=*\nB < HELP"
    )
    assert told(book, "B") == [("peer", "links", 2)]
    book.run(f"+ D remote from=10.0.0.8\nD > {OTHER}")
    assert told(book, "B") == [("peer", "links", 3)]
    summaries = [message for message in book.heard[book.links["D"]] if message.command == "LINK_STATE_SUMMARY"]
    assert [json.loads(message.get("known")) for message in summaries] == [{"peer": [STARTED, BOOT, {"links": 3}]}]


def test_news_is_passed_on_to_routers_and_not_to_whom_it_came_from(book):
    tell(book, "B", links("beta", "peer", "gamma", boot="b1"), links("gamma", "beta"), payroll("gamma"))
    assert told(book, "D") == [("beta", "links", 1), ("gamma", "links", 1), ("gamma", PAYROLL, 1)]
    assert told(book, "B") == []
    assert not book.heard[book.links["L"]]
    assert sorted(book.router._board.carrier.reachable()) == ["beta", "cpp", "gamma"]


def test_what_is_known_goes_no_further(book):
    tell(book, "B", links("gamma", "beta"))
    told(book, "D")
    tell(book, "B", links("gamma", "beta"))
    tell(book, "D", links("gamma", "beta"))
    assert (told(book, "B"), told(book, "D")) == ([], [])


def test_old_news_is_answered_by_what_we_have_once(book):
    tell(book, "B", links("gamma", "beta", sequence=5), payroll("gamma", sequence=7))
    told(book, "D")
    tell(book, "D", *[links("gamma", sequence=number) for number in (1, 2, 3)])
    assert (told(book, "D"), told(book, "B")) == ([("gamma", "links", 5)], [])
    tell(book, "D", *[payroll("gamma", started=1, sequence=number) for number in range(1, 30)])
    assert told(book, "D") == [("gamma", PAYROLL, 7)]


def test_a_new_life_makes_what_the_old_one_said_void_also_in_one_line(book):
    tell(book, "B", links("gamma", "beta"), payroll("gamma", boot="x2", started=STARTED + 1))
    assert known(book) == [("gamma", PAYROLL, 1)]
    assert "gamma" not in book.router._board.mesh.database.links()
    assert "10.0.0.3:4042" not in members(book)


def test_a_summary_is_answered_by_what_the_other_lacks(book):
    tell(book, "B", links("gamma", "beta", sequence=5), payroll("gamma", sequence=7))
    told(book, "D")
    summary = {
        "gamma": [STARTED, "x1", {"links": 5, PAYROLL: 6}],
        "peer": [STARTED, BOOT, {"links": 4}],
        "nobody": [1, "x", {}],
    }
    book.write("D", f"LINK_STATE_SUMMARY known={json.dumps(summary)}\n".encode())
    assert told(book, "D") == [("gamma", PAYROLL, 7)]
    book.write("D", b"LINK_STATE_SUMMARY known={}\n")
    assert sorted(told(book, "D")) == [("gamma", PAYROLL, 7), ("gamma", "links", 5), ("peer", "links", 4)]


@pytest.mark.parametrize("text", ["", "x", "[]", "{", '{"a":1}', '{"a":[1,"x",{"links":-1}]}'])
def test_a_summary_that_is_none_is_refused(book, text):
    book.play(f"D > LINK_STATE_SUMMARY known={text}\nD < INVALID command=LINK_STATE_SUMMARY;message=*")


def bad_records():
    good = links("gamma", "beta")
    return {
        "no record": 1,
        "no server": {key: value for key, value in good.items() if key != "server"},
        "a bad name": {**good, "server": "a b"},
        "a bad part": {**good, "part": "16"},
        "a bad sequence": {**good, "sequence": 0},
        "a bad address": links("gamma", address="nowhere"),
        "itself": links("gamma", "gamma"),
        "another's service": {**payroll("gamma"), "server": "delta"},
        "a service in the wrong part": {**payroll("gamma"), "part": "0" if PAYROLL != "0" else "1"},
        "a start before time": {**good, "started": -1},
        "a start that is no counter": {**good, "started": 2**53 + 1},
    }


@pytest.mark.parametrize("bad", bad_records().values(), ids=bad_records())
def test_one_bad_record_does_not_make_the_others_of_its_line_void(book, bad):
    tell(book, "B", links("epsilon", "beta"), bad, payroll("epsilon"))
    book.run("B < INVALID command=LINK_STATE;message=*")
    assert known(book) == sorted([("epsilon", "links", 1), ("epsilon", PAYROLL, 1)])
    assert told(book, "D") == [("epsilon", "links", 1), ("epsilon", PAYROLL, 1)]
    assert book.router._board.statistics.records_refused == 1


def test_what_is_no_list_of_records_is_refused(book):
    book.write("B", f"LINK_STATE records={json.dumps(links('gamma', 'beta'))}\n".encode())
    book.play("B < INVALID command=LINK_STATE;message=*\nD < (nothing)")
    assert known(book) == []


@pytest.mark.parametrize("said", ["LINK_STATE records=[]", "LINK_STATE_SUMMARY known={}"])
def test_neither_a_leaf_nor_a_stranger_nor_a_service_takes_part(book, said):
    command = said.partition(" ")[0]
    book.play(f"L > {said}\nL < INVALID command={command};message=*")
    book.play(f"+ S remote\nS > {said}\nS < INVALID command={command};message=*")
    book.play(f"+ U unix root\nU > {said}\nU < INVALID command={command};message=*")


def test_members_are_bounded(mesh):
    book = mesh(limits=RouterLimits(members=4)).run(f"+ B remote\nB > {ROUTER}\nB < ...")
    tell(book, "B", *[links(f"s{number}", "beta", address=f"10.1.0.{number}:4042") for number in range(10)])
    board = book.router._board
    assert (len(board.mesh.database.links()), board.statistics.records_refused) == (4, 7)
    assert len(board.mesh.book.members()) <= 3
    assert "beta" in board.mesh.peers


def test_the_services_of_a_leaf_are_told_in_its_name(book):
    [record] = [one for one in book.router._board.mesh.database.records() if one.server == "peer"]
    [leaf] = [one for one in record.state.neighbors if one.leaf is not None]
    assert (leaf.server, leaf.leaf.address, leaf.leaf.services) == ("cpp", "10.0.0.9:4042", ("mail",))


def test_services_that_come_together_are_told_together(book):
    book.run("+ A unix root\nA > REGISTER service=payroll;version=1\nA > COMMANDS list=PAY,HELP\nA < ...")
    assert (told(book, "B"), told(book, "D")) == ([], [])
    book.run("@ 0.06")
    assert (told(book, "B"), told(book, "D")) == ([("peer", PAYROLL, 1)], [("peer", PAYROLL, 1)])
    book.run("A x\n@ 0.06")
    assert told(book, "B") == [("peer", PAYROLL, 2)]
    assert not book.heard[book.links["L"]]


def test_a_record_too_long_for_a_line_is_reported_and_harms_nothing(mesh):
    book = mesh(limits=RouterLimits(commands_per_service=20_000))
    book.run(f"+ B remote\nB > {ROUTER}\nB < ...\n+ A unix root\nA > REGISTER service=payroll;version=1\nA < ...")
    for part in range(10):
        names = ",".join(f"C{part}_{number:0100}" for number in range(999))
        book.write("A", f"COMMANDS list={names}\n".encode())
    book.run("+ M unix root\nM > REGISTER service=small;version=1\nM < ...\n@ 0.06")
    assert told(book, "B") == [("peer", bucket_of("small"), 1)]
    errors = [notice for notice in book.notices if notice.level is Level.ERROR]
    assert [notice.event for notice in errors] == ["link_state_unsendable"]
    assert len(errors[0].fields["record"]) <= 200
    book.run(f"+ D remote from=10.0.0.8\nD > {OTHER}")
    assert book.hear("D").command == "ACCEPT"


# Our own name.


def test_a_former_life_is_outdone_at_once_and_once(book):
    tell(
        book, "B", links("peer", boot="old", started=STARTED + 500), payroll("peer", boot="old", started=STARTED + 500)
    )
    book.run("@ 0.01")
    assert ("peer", "links", 4) in told(book, "D")
    assert book.router._board.mesh.database.started == STARTED + 501
    events = [notice.event for notice in book.notices if notice.level >= Level.WARNING]
    assert events == ["former_life_heard"]


def test_a_namesake_that_answers_is_told_of_and_not_raced(book):
    started = STARTED + 500
    for _ in range(100):
        tell(book, "B", links("peer", boot="twin", started=started))
        started = book.router._board.mesh.database.started + 1
        book.run("@ 0.3\nB > ABSOLUTELY serial=0\nD > ABSOLUTELY serial=0\nL > ABSOLUTELY serial=0")
    sent = told(book, "D").count(("peer", "links", 4))
    assert 2 <= sent <= 1 + 30 / REPUBLISH_EVERY_S
    events = [
        notice.event for notice in book.notices if notice.level is Level.ERROR and notice.event != "cluster_changed"
    ]
    assert 2 <= len(events) <= 1 + 30 / REPUBLISH_EVERY_S
    assert set(events) == {"server_name_conflict"}


# Addresses.


def members(book):
    return {member.address: member.server for member in book.router._board.mesh.book.members()}


def test_addresses_are_learnt_from_what_routers_say_of_themselves(book):
    tell(book, "B", links("gamma", "beta"))
    assert members(book)["10.0.0.3:4042"] == "gamma"
    tell(book, "B", links("gamma", "beta", sequence=2, address="10.0.0.4:4042"))
    assert {address for address, server in members(book).items() if server == "gamma"} == {"10.0.0.4:4042"}


def test_a_mark_of_forgetting_spreads(book):
    tell(book, "B", links("gamma", "beta"))
    tell(
        book,
        "B",
        links("beta", "peer", boot="b1", address="10.0.0.7:4042", forgotten={"10.0.0.3:4042": STARTED + 1}.items()),
    )
    assert "10.0.0.3:4042" not in members(book)
    tell(book, "D", links("gamma", "beta", sequence=2))
    assert "10.0.0.3:4042" not in members(book)
    before = len(book.dials)
    tell(book, "D", links("gamma", "beta", boot="x2", started=STARTED - 5_000))
    book.run("@ 0.1")
    assert len(book.dials) == before + 1, "whoever is there now is asked, whatever the clocks say"


# A member is believed about itself only.

MAX = 2**53
LIE = {"boot": "zz", "started": MAX, "sequence": MAX}


def neighbors_of(book, server):
    return [one.server for one in book.router._board.mesh.database.links()[server].neighbors]


@pytest.fixture
def linked(book):
    """Beta and gamma are linked, gamma and delta are not: the way to gamma leads over beta. Both are linked with us."""
    tell(book, "B", links("beta", "gamma", "peer", boot="b1", address="10.0.0.7:4042"), links("gamma", "beta"))
    tell(book, "D", links("delta", "peer", boot="d1", address="10.0.0.8:4042"))
    book.run("@ 0.3\nB < ...\nD < ...\nL < ...")
    return book


def test_what_others_tell_of_a_router_that_is_linked_is_not_believed_and_the_router_hears_of_it(linked):
    tell(linked, "B", links("delta", "beta", address="10.0.0.7:4042", **LIE))
    assert neighbors_of(linked, "delta") == ["peer"]
    assert told(linked, "D") == [("delta", "links", MAX)], "it may have to outdo that for older routers"
    assert told(linked, "B") == [("delta", "links", 1)]
    tell(linked, "B", links("delta", "beta", address="10.0.0.7:4042", **LIE))
    assert (told(linked, "B"), told(linked, "D")) == ([], []), "no two routers answer each other for ever"


def test_a_router_that_is_linked_is_believed_whatever_was_told_of_it(mesh):
    book = mesh()
    book.run(f"+ B remote\nB > {ROUTER}\nB < ...")
    tell(book, "B", links("delta", "beta", **LIE), payroll("delta", **LIE))
    book.run(f"+ D remote from=10.0.0.8\nD > {OTHER}\nB < ...")
    assert known(book) == [], "what was told of another life of it is void"
    tell(book, "D", links("delta", "peer", boot="d1"))
    assert (neighbors_of(book, "delta"), told(book, "B")) == (["peer"], [("delta", "links", 1)])
    tell(book, "D", links("delta", "beta", boot="d1", sequence=MAX))
    tell(book, "D", links("delta", "peer", boot="d1", sequence=2))
    assert neighbors_of(book, "delta") == ["peer"]
    tell(book, "D", links("delta", "beta", **LIE))
    assert neighbors_of(book, "delta") == ["peer"], "not of another life of itself either"


@pytest.mark.parametrize("lie", [LIE, {"boot": "x1", "sequence": 2}, {"boot": "x1", "sequence": 1}])
def test_a_router_that_is_reached_over_another_is_what_that_one_says(linked, lie):
    tell(linked, "D", links("gamma", "delta", **lie))
    linked.run("@ 0.3\nL < ...")
    assert (neighbors_of(linked, "gamma"), told(linked, "B")) == (["beta"], [])
    linked.run("@ 1")
    assert told(linked, "D") == [("gamma", "links", 1)], "whoever tells something else is told"
    tell(linked, "B", links("gamma", "beta", "epsilon", boot="x2", started=1))
    assert neighbors_of(linked, "gamma") == ["beta", "epsilon"], "whatever its clock says now"


def test_what_was_doubted_is_believed_when_the_way_leads_there(linked):
    tell(linked, "D", links("delta", "gamma", "peer", boot="d1", sequence=2), links("gamma", "delta", sequence=2))
    assert neighbors_of(linked, "gamma") == ["beta"]
    linked.run("B x\n@ 0.3")
    assert neighbors_of(linked, "gamma") == ["delta"]
    assert "gamma" in linked.router._board.carrier.reachable()


def test_what_was_answered_is_asked_for_when_the_way_leads_there_for_it_may_have_been_taken_back(linked):
    """Delta believes us at once, and does not say so: what came from us is not told to us."""
    tell(linked, "D", links("gamma", "delta", **LIE))
    linked.run("@ 1.3")
    assert told(linked, "D") == [("gamma", "links", 1)]
    linked.run("B x\n@ 0.3")
    assert neighbors_of(linked, "gamma") == ["beta"]
    asked = [message for message in linked.heard[linked.links["D"]] if message.command == "LINK_STATE_SUMMARY"]
    assert len(asked) == 1
    assert "gamma" in asked[0].get("digests")
    tell(linked, "D", links("gamma", "delta", **LIE))
    assert neighbors_of(linked, "gamma") == ["delta"], "it still says so"


def test_a_lie_with_the_numbers_of_the_truth_is_found_when_neighbors_compare(linked):
    """Delta has contradicted beta about gamma: then digests are told, and beta, that has other ones, is told what it lacks."""
    tell(linked, "D", links("gamma", "delta"))
    linked.run("@ 5")
    summaries = [one for one in linked.heard[linked.links["D"]] if one.command == "LINK_STATE_SUMMARY"]
    known, digests = (json.loads(summaries[-1].get(name)) for name in ("known", "digests"))
    assert digests.keys() == known.keys() == {"peer", "beta", "gamma", "delta"}
    told(linked, "D")
    linked.write("D", f"LINK_STATE_SUMMARY known={json.dumps(known)};digests={json.dumps(digests)}\n".encode())
    assert told(linked, "D") == [], "the same as ours"
    digests["gamma"] = "0123456789abcdef"
    linked.write("D", f"LINK_STATE_SUMMARY known={json.dumps(known)};digests={json.dumps(digests)}\n".encode())
    assert told(linked, "D") == [("gamma", "links", 1)]
    linked.write("B", f"LINK_STATE_SUMMARY known={json.dumps(known)};digests={json.dumps(digests)}\n".encode())
    assert told(linked, "B")[1:] == [], "beta is who knows"


@pytest.mark.parametrize(
    ("teller", "word", "right", "truth"),
    [
        (
            "B",
            {"boot": "d1", "sequence": 2},
            "D",
            ("delta", "peer"),
        ),  # later: it only came sooner than from delta itself
        ("D", {"sequence": 1}, "B", ("gamma", "beta")),  # of the same life and earlier: delta is behind
    ],
)
def test_a_word_that_came_too_soon_or_too_late_is_no_contradiction(linked, teller, word, right, truth):
    if teller == "B":
        tell(linked, teller, links("delta", "peer", address="10.0.0.8:4042", **word))
    tell(linked, right, links(*truth, boot="d1" if teller == "B" else "x1", sequence=2))
    if teller == "D":
        tell(linked, teller, links("gamma", "delta", **word))
    linked.run("@ 5")
    told_all = [one.command for name in "BD" for one in linked.heard[linked.links[name]]]
    assert "LINK_STATE" in told_all
    assert "LINK_STATE_SUMMARY" not in told_all, "nobody is asked what he knows"


def test_a_server_that_a_liar_has_told_of_first_is_back_when_the_liar_has_left(book):
    tell(book, "B", links("beta", "gamma", "peer", boot="b1"), links("gamma", "beta", **LIE), payroll("gamma", **LIE))
    tell(book, "D", links("delta", "gamma", "peer", boot="d1"), links("gamma", "delta"))
    book.run("@ 0.3")
    assert neighbors_of(book, "gamma") == ["beta"], "nobody can tell who is right"
    book.run("B x\n@ 0.3")
    assert neighbors_of(book, "gamma") == ["delta"]
    assert known(book) == [("beta", "links", 1), ("delta", "links", 1), ("gamma", "links", 1)]


@pytest.mark.parametrize("lie", [payroll("gamma", **LIE), links("gamma", "delta", sequence=MAX)])
def test_a_server_that_was_just_found_is_not_lost_to_one_who_still_believes_a_liar(book, lie):
    tell(book, "B", links("beta", "gamma", "peer", boot="b1"))
    tell(book, "D", links("delta", "peer", boot="d1"), payroll("gamma", **LIE))
    book.run("@ 0.3")
    tell(book, "B", links("gamma", "beta"))
    tell(book, "D", lie)
    assert known(book) == [("beta", "links", 1), ("delta", "links", 1), ("gamma", "links", 1)]
    assert neighbors_of(book, "gamma") == ["beta"]


def nothing_of(server, boot):
    return record(server, PAYROLL, {"instances": []}, boot, sequence=0)


def test_a_service_that_others_have_invented_goes_where_the_truth_is_certain(linked):
    tell(linked, "B", payroll("gamma", sequence=MAX))
    assert told(linked, "D") == [("gamma", PAYROLL, MAX)]
    tell(linked, "D", nothing_of("gamma", "x1"))
    assert ("gamma", PAYROLL, MAX) in known(linked), "the way does not lead over delta"
    tell(linked, "B", nothing_of("gamma", "x1"))
    assert ("gamma", "links", 1) in known(linked)
    assert [part for server, part, _ in known(linked) if server == "gamma"] == ["links"]
    assert told(linked, "D") == [("gamma", PAYROLL, 0)]
    tell(linked, "B", payroll("gamma"))
    assert told(linked, "D") == [("gamma", PAYROLL, 1)], "gamma has it now"


def test_who_has_invented_a_service_of_a_router_that_is_reached_another_way_is_told_so(linked):
    tell(linked, "D", payroll("gamma", sequence=MAX))
    linked.run("@ 1.1\nL < ...")
    assert (told(linked, "D"), told(linked, "B")) == ([("gamma", PAYROLL, 0)], [])


def test_who_has_invented_a_service_of_a_router_that_is_linked_is_told_so_and_the_router_hears_of_it(linked):
    tell(linked, "B", payroll("delta", boot="d1", sequence=MAX))
    assert (told(linked, "B"), told(linked, "D")) == ([("delta", PAYROLL, 0)], [("delta", PAYROLL, MAX)])


def test_who_believes_what_was_invented_of_us_is_told_so_when_our_life_cannot_be_outdone(linked):
    tell(linked, "B", payroll("peer", boot=BOOT, started=MAX))
    linked.run("@ 0.3\nB < ...\nD < ...\nL < ...")
    summary = {"peer": [MAX, BOOT, {"links": 5, PAYROLL: 1}]}
    linked.write("D", f"LINK_STATE_SUMMARY known={json.dumps(summary)}\n".encode())
    assert ("peer", PAYROLL, 0) in told(linked, "D")


def test_two_who_believe_each_other_do_not_swap_their_words_for_ever(linked):
    for number in range(20):
        tell(linked, "B", links("gamma", "beta", boot=f"x{9 - number % 2}", started=1))
    assert len(told(linked, "D")) <= 2


def test_an_address_that_one_who_has_left_has_told_of_gives_way_to_who_is_there(linked):
    address, own = "10.0.0.3:4042", {"boot": "d1", "address": "10.0.0.8:4042"}
    assert members(linked)[address] == "gamma"
    tell(linked, "D", links("delta", "ghost", "peer", sequence=2, **own), links("ghost", "delta", address=address))
    linked.run("@ 0.3")
    assert members(linked)[address] == "ghost"
    tell(linked, "D", links("delta", "peer", sequence=3, **own))
    linked.run("@ 0.3")
    assert members(linked)[address] == "gamma"
