from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.errors import AddressError
from communicator.protocol.addresses import HostPort, parse_host_port
from communicator.router.mesh.book.book import UNTOLD_SPAN_S, AddressBook
from communicator.router.mesh.book.entry import Ground, State
from communicator.router.mesh.book.neighbors_file import is_larger
from communicator.router.vocabulary.config import ClusterConfig, NeighborAddress

OWN = "10.0.0.5:4042"
B, C, D, E = "10.0.0.2:4042", "10.0.0.3:4042", "10.0.0.9:4042", "10.0.0.10:4042"
EPOCH_S = 1_800_000_000
DAY_S = 86_400.0


def make_cluster(*neighbors, **changes):
    named = tuple(
        NeighborAddress(parse_host_port(text.removeprefix("tls ")), text.startswith("tls ")) for text in neighbors
    )
    return ClusterConfig(**{"listens": True, "neighbors": named, **changes})


def make_book(*neighbors, own=OWN, members_max=100, now_s=0.0, **changes):
    return AddressBook(own, make_cluster(*neighbors, **changes), "boot", members_max, now_s)


def states_of(book):
    return {member.address: str(member.state) for member in book.members()}


def link(book, server, address, now_s=0.0):
    """As the handshake does when a router has come to us."""
    left = book.prove(server, address, now_s)
    book.linked(None, server, now_s)
    return left


def dial(book, server, address, now_s=0.0):
    """As the handshake does when we have dialled the only one that is due."""
    [attempt] = book.due(now_s)
    left = book.prove(server, address, now_s)
    book.linked(attempt.number, server, now_s)
    return left


# Who is known.


@pytest.mark.parametrize("own", ["host-a:4042", "10.0.0.1", "0.0.0.0:4042", "10.0.0.1:0", ""])
def test_our_own_address_must_be_one(own):
    with pytest.raises(AddressError, match="is no IP:port"):
        make_book(own=own)


def linked_addresses(book):
    return tuple(sorted(member.address for member in book.members() if member.state is State.LINKED))


def test_a_router_alone():
    book = make_book()
    assert (book.members(), linked_addresses(book), book.next_due_s) == ((), (), None)
    assert (book.addresses(), book.due(0.0), book.rejected, dict(book.forgotten)) == ([], [], (), {})


@pytest.mark.parametrize(
    ("own", "heard", "taken"),
    [
        (OWN, [B, C], [B, C]),
        (OWN, [f" {B} ", "[::ffff:10.0.0.2]:4042"], [B]),
        (OWN, [OWN, "[::ffff:10.0.0.5]:4042"], []),
        (OWN, ["10.0.0.5:4043"], ["10.0.0.5:4043"]),
        (OWN, ["127.0.0.2:4042", "[::1]:4042"], []),
        ("127.0.0.1:4042", ["127.0.0.2:4042", "[::1]:4042", B], [B, "127.0.0.2:4042", "[::1]:4042"]),
        (OWN, ["", "x", "host-b:4042", "10.0.0.2", "10.0.0.2:0", "0.0.0.0:1", "224.0.0.1:1", "[fe80::1%a]:1"], []),
    ],
)
def test_hearsay(own, heard, taken):
    book = make_book(own=own)
    assert book.hear(heard, 0.0) is bool(taken)
    assert sorted(states_of(book)) == sorted(taken)
    assert book.hear(heard, 0.0) is False
    assert len(book.members()) == len(taken)
    assert book.addresses() == taken  # rising


def test_without_discovery_nothing_is_believed():
    book = make_book(B, discover=False, saved_neighbors=C)
    assert not book.hear([C], 0.0)
    assert not book.called(C, 0.0)
    assert list(states_of(book)) == [B]


def test_saved_neighbors_are_read_and_the_wrong_ones_told():
    book = make_book(saved_neighbors=f"{OWN}\n{B}, {C}\nnonsense\n# forgotten {D} 1700000000\n")
    assert sorted(states_of(book)) == [B, C]
    assert book.rejected == ("nonsense",)
    assert dict(book.forgotten) == {D: 1_700_000_000}
    assert not book.hear([D], 0.0)


def test_a_configured_neighbor_is_not_forgotten_by_the_file():
    book = make_book(D, saved_neighbors=f"# forgotten {D} 1700000000\n# server {B} b")
    assert dict(book.forgotten) == {}
    assert list(states_of(book)) == [D]


def test_the_file_is_written_and_read_again():
    book = make_book("host-b:4043")
    dial(book, "b", B)
    book.hear([C, D], 0.0)
    book.forget(D, EPOCH_S)
    link(book, "e", E)
    text = book.render_file()
    assert [line for line in text.splitlines() if not line.startswith("#")] == [B, OWN, E], "C is hearsay"
    again = make_book("host-b:4043", saved_neighbors=text)
    assert again.render_file() == text
    told = [(member.server, member.address, member.counts) for member in again.members()]
    assert told == [("b", B, True), ("e", E, True)], "host-b is the same router as its address, also while it is away"


def test_a_configured_address_whose_server_has_moved_is_not_told():
    book = make_book(B)
    dial(book, "beta", B)
    assert book.addresses() == [B]
    book.lost("beta", 1.0)
    assert link(book, "beta", D, 2.0) == (B,)
    assert (book.addresses(), len(book.members())) == ([D], 1)
    again = make_book(B, saved_neighbors=book.render_file())
    assert (again.addresses(), len(again.members())) == ([D], 1)


def test_a_configured_address_that_was_left_while_we_were_down_is_told_of_too():
    first = make_book(B, "host-b:4042")
    link(first, "beta", B)
    book = make_book(B, "host-b:4042", saved_neighbors=first.render_file())
    assert link(book, "beta", D) == ()
    for epoch_s in (EPOCH_S, EPOCH_S + 1):
        book.leave("beta", (), epoch_s)
        assert dict(book.forgotten) == {B: EPOCH_S}


def test_an_address_that_a_server_has_left_is_told_of_and_taken_back_by_its_next_owner():
    book, itself = make_book(), make_book(own=D)
    link(book, "beta", B)
    itself.hear([B], 0.0)  # the new machine has heard of its name's former address, and cannot know what it was
    assert link(book, "beta", D) == (B,)
    book.leave("beta", (B,), EPOCH_S)
    assert dict(book.forgotten) == {B: EPOCH_S}
    assert itself.merge_forgotten(book.forgotten, EPOCH_S)
    assert (itself.members(), itself.hear([B], 1.0)) == ((), False)
    link(itself, "gamma", B)
    assert (len(itself.members()), dict(itself.forgotten)) == (1, {})


def test_a_neighbor_that_moved_while_we_were_down_leaves_its_saved_address():
    first = make_book()
    link(first, "b", B)
    book = make_book(saved_neighbors=first.render_file())
    assert link(book, "b", D) == (B,)
    assert (len(book.members()), linked_addresses(book)) == (1, (D,))


def test_an_address_that_means_something_on_one_host_only_is_dialled_and_told_to_nobody():
    book = make_book("[fe80::2%eth0]:4042")
    assert [(attempt.host_port.host, attempt.told) for attempt in book.due(0.0)] == [("fe80::2%eth0", "")]
    assert (book.addresses(), len(book.members())) == ([], 1)
    assert make_book("[fe80::2%eth0]:4042", saved_neighbors=book.render_file()).rejected == ()


def test_our_own_address_may_be_configured_everywhere():
    assert [member.address for member in make_book(OWN, B).members()] == [B]
    assert make_book("[::ffff:10.0.0.5]:4042").members() == ()


# Who is where.


def test_a_new_address_of_a_server_replaces_the_old_one_for_a_day():
    book = make_book()
    book.hear([B], 0.0)
    assert link(book, "b", B) == ()
    book.lost("b", 10.0)
    assert link(book, "b", D, 20.0) == (B,)
    assert (len(book.members()), linked_addresses(book), book.has(B)) == (1, (D,), False)
    assert not book.hear([B], 20.0 + DAY_S - 1)
    assert book.hear([B], 20.0 + DAY_S)


def test_another_server_at_a_replaced_address_is_welcome():
    book = make_book()
    link(book, "b", B)
    link(book, "b", D)
    assert link(book, "c", B) == ()
    assert (len(book.members()), linked_addresses(book)) == (2, (B, D))


def test_a_new_server_at_a_known_address_takes_it_over():
    book = make_book()
    link(book, "b", B)
    book.lost("b", 1.0)
    link(book, "c", B, 2.0)
    assert [(member.server, member.address) for member in book.members()] == [("c", B)]
    assert (book.knows("b"), book.knows("c")) == (False, True)


def test_a_configured_name_counts_as_the_router_that_was_found_there():
    book = make_book("tls host-b:4043", "host-c:4042")
    assert len(book.members()) == 2
    first, _ = book.due(0.0)
    assert (first.host_port, first.secure, first.told) == (HostPort("host-b", 4043), True, "")
    book.prove("b", B, 0.0)
    assert len(book.members()) == 3
    book.linked(first.number, "b", 0.0)
    assert (len(book.members()), linked_addresses(book), book.is_configured_ip("10.0.0.2")) == (2, (B,), True)
    assert [(m.address, m.configured, m.secure) for m in book.members() if m.server] == [(B, True, True)]
    book.lost("b", 1.0)
    assert {str(attempt.host_port) for attempt in book.due(3.0)} in ({B}, {"host-b:4043"}), "one attempt at a time"


def test_a_configured_number_counts_as_the_address_its_server_gives():
    book = make_book("10.0.0.2:4043")
    assert dial(book, "b", B) == ()
    assert (len(book.members()), states_of(book)) == (1, {B: "linked"})
    assert book.prove("b", B, 1.0) == (), "the configured address was never the one it gave"


def test_an_address_that_a_server_was_found_at_but_did_not_give_is_left_too():
    book = make_book()
    book.hear([C], 0.0)
    [attempt] = book.due(0.0)
    book.linked(attempt.number, "b", 0.0)
    assert book.prove("b", B, 0.0) == (C,)
    assert states_of(book) == {B: "linked"}


def test_a_configured_address_stays_when_its_server_moves():
    book = make_book(B)
    assert dial(book, "b", B) == ()
    book.lost("b", 10.0)
    assert link(book, "b", D, 11.0) == (B,)
    assert (len(book.members()), linked_addresses(book)) == (1, (D,))
    book.lost("b", 20.0)
    tried = set()
    for now_s in range(22, 30):
        for attempt in book.due(float(now_s)):
            tried.add(str(attempt.host_port))
            book.failed(attempt.number, "refused", float(now_s))
    assert tried == {B, D}


def test_another_routers_word_does_not_outweigh_ours_nor_the_operators():
    book = make_book()
    link(book, "b", B)
    assert book.prove("b", D, 1.0, Ground.TOLD) == ()
    assert not book.has(D)
    book.lost("b", 2.0)
    assert book.prove("b", D, 3.0, Ground.TOLD) == (B,)
    assert book.forget(D, EPOCH_S)
    book.prove("b", D, 4.0, Ground.TOLD)
    assert not book.has(D)
    [attempt] = [each for each in book.due(5.0) if str(each.host_port) == D]
    book.linked(attempt.number, "b", 5.0)
    book.prove("b", D, 5.0)
    assert (book.has(D), dict(book.forgotten)) == (True, {}), "whoever is there has answered"


def test_another_routers_word_does_not_take_the_address_of_a_linked_server():
    """A C++ router that is configured wrongly says that it is where one of ours is."""
    book = make_book()
    link(book, "b", B)
    book.prove("evil", B, 1.0, Ground.TOLD)
    assert [(member.server, member.address, member.state) for member in book.members()] == [("b", B, "linked")]
    assert not book.due(100.0)
    book.lost("b", 101.0)
    book.prove("evil", B, 102.0, Ground.TOLD)
    assert [member.server for member in book.members()] == ["b"], "b counts, and evil does not"
    book.vouch("evil", B, 103.0)
    assert [(member.server, member.counts) for member in book.members()] == [("evil", True)], "it was renamed"
    assert book.counted == {"evil"}


def test_an_address_belongs_to_who_answers_there():
    book = make_book()
    link(book, "b", B)
    assert book.prove("evil", B, 1.0, Ground.CLAIMED) == ()
    book.linked(None, "evil", 1.0)
    assert linked_addresses(book) == (B,)
    assert book.prove("evil", B, 1.0, Ground.NEARBY) == ()
    assert linked_addresses(book) == (B,), "there may be several on one host"
    book.lost("b", 2.0)
    book.prove("evil", B, 3.0, Ground.CLAIMED)
    assert [(member.server, member.state) for member in book.members()] == [("b", "waiting")], (
        "b is dialled all the same"
    )
    book.prove("evil", C, 3.0, Ground.CLAIMED)
    assert linked_addresses(book) == (C,), "what nobody else has may be claimed"
    book.prove("c", B, 4.0, Ground.NEARBY)
    assert {member.server: member.address for member in book.members()} == {"c": B, "evil": C}, "the host was renamed"
    book.prove("b", C, 5.0)
    assert {member.server: member.address for member in book.members()} == {"b": C, "c": B}


def test_who_comes_from_a_host_has_its_address_and_not_who_has_only_claimed_it():
    """After our start nobody is known to be at a configured address: whoever claims it first, from elsewhere, has it at first."""
    book = make_book(B)
    book.linked(None, "evil", 1.0)
    book.prove("evil", B, 1.0, Ground.CLAIMED)
    assert linked_addresses(book) == (B,)
    book.linked(None, "b", 2.0)
    book.prove("b", B, 2.0, Ground.NEARBY)
    assert [(member.server, member.address) for member in book.members()] == [("b", B)]
    book.linked(None, "c", 3.0)
    book.prove("c", B, 3.0, Ground.NEARBY)
    assert book.server_at(B) == "b", "there may be several on one host"
    book.lost("evil", 4.0)
    assert linked_addresses(book) == (B,)


@pytest.mark.parametrize("ground", [Ground.TOLD, Ground.VOUCHED])
def test_another_routers_word_keeps_nobody_from_a_configured_address(ground):
    """A member says that a server is where another one is configured to be; then that server is linked from its own address."""
    book = make_book(B, C)
    link(book, "c", C)
    book.prove("e", B, 1.0, ground, "c")
    saved = book.render_file()
    assert link(book, "e", E, 2.0) == (), "it was never there"
    book.leave("e", (), EPOCH_S)
    assert dict(book.forgotten) == {}
    assert [str(attempt.host_port) for attempt in book.due(2.0)] == [B]
    assert states_of(book) == {B: "dialling", C: "linked", E: "linked"}
    again = make_book(B, C, saved_neighbors=saved)
    link(again, "e", E, 3.0)
    assert states_of(again) == {B: "waiting", C: "waiting", E: "linked"}, "nor after a restart"


@pytest.mark.parametrize("ground", [Ground.TOLD, Ground.VOUCHED])
def test_a_server_that_is_told_to_have_moved_is_still_one_member(ground):
    """Of a configured server behind others, both its old and its new address are hearsay."""
    book = make_book(B, C)
    link(book, "b", B)
    book.prove("c", C, 1.0, ground, "b")
    book.prove("c", D, 2.0, ground, "b")
    assert [member.server for member in book.members()] == ["b", "c"]


def test_whoever_calls_from_where_a_linked_server_was_not_seen_is_dialled():
    book = make_book(B)
    book.prove("evil", B, 1.0, Ground.CLAIMED)
    book.linked(None, "evil", 1.0)
    assert (linked_addresses(book), book.due(2.0)) == ((B,), [])
    book.called(B, 2.0)
    [attempt] = book.due(3.0)
    book.prove("b", B, 3.0)
    book.linked(attempt.number, "b", 3.0)
    assert [(member.server, member.address) for member in book.members()] == [("b", B)]
    book.called(B, 4.0)
    assert (linked_addresses(book), book.due(100.0)) == ((B,), []), "it is there"


def test_the_configured_have_a_name_where_it_is_known():
    book = make_book(B, C, saved_neighbors=D)
    link(book, "b", B)
    assert book.configured() == {"b", C}


@pytest.mark.parametrize("address", [OWN, "127.0.0.1:4042", "0.0.0.0:4042", "host-b:4042", ""])
def test_a_proof_of_what_is_no_address_is_ignored(address):
    book = make_book()
    assert book.prove("b", address, 0.0) == ()
    book.linked(None, "b", 0.0)
    assert len(book.members()) == 0
    book.lost("b", 1.0)
    assert book.next_due_s is None


def test_an_attempt_that_reaches_ourselves_shows_one_router_less():
    book = make_book("host-a:4042", C)
    attempts = {str(attempt.host_port): attempt.number for attempt in book.due(0.0)}
    book.ourselves(attempts["host-a:4042"], 0.0)
    book.ourselves(77, 0.0)
    assert (len(book.members()), list(states_of(book))) == (1, [C])
    book.failed(attempts[C], "refused", 0.0)
    book.hear([B], 0.0)
    [attempt] = book.due(0.0)
    book.ourselves(attempt.number, 0.0)
    assert not book.hear([B], 1.0)


# Forgetting.


def test_an_operator_forgets_addresses():
    book = make_book(C)
    book.hear([B, D], 0.0)
    book.prove("b", B, 0.0)
    assert book.forget(B, EPOCH_S)
    assert book.forget(f"[::ffff:{D.rpartition(':')[0]}]:4042", EPOCH_S)
    assert book.forget("10.9.9.9:1", EPOCH_S), "it may be that others know it"
    assert dict(book.forgotten) == {B: EPOCH_S, D: EPOCH_S, "10.9.9.9:1": EPOCH_S}
    assert not book.hear([B, D, "10.9.9.9:1"], 0.0)
    assert (len(book.members()), list(states_of(book))) == (1, [C])


def test_what_is_configured_or_linked_or_ours_or_unknown_is_not_forgotten():
    book = make_book(C)
    link(book, "b", B)
    assert [book.forget(address, EPOCH_S) for address in (C, B, OWN, "a:b", "")] == [False] * 5
    assert (len(book.members()), dict(book.forgotten)) == (2, {})


def test_what_others_forgot_is_forgotten_here():
    book = make_book(C)
    book.hear([B], 0.0)
    marks = {B: EPOCH_S, C: EPOCH_S, D: EPOCH_S - 31 * 86_400, "nonsense": EPOCH_S}
    assert book.merge_forgotten(marks, EPOCH_S + 5)
    assert not book.merge_forgotten(marks, EPOCH_S + 5)
    assert dict(book.forgotten) == {B: EPOCH_S}
    assert list(states_of(book)) == [C]
    book.merge_forgotten({}, EPOCH_S + 31 * 86_400)
    assert dict(book.forgotten) == {}


def test_a_forgotten_router_that_comes_back_is_back_also_when_others_still_tell_of_the_mark():
    book = make_book()
    book.merge_forgotten({B: EPOCH_S}, EPOCH_S)
    link(book, "b", B)
    assert dict(book.forgotten) == {}
    book.lost("b", 1.0)
    assert not book.merge_forgotten({B: EPOCH_S}, EPOCH_S)
    assert book.has(B)
    assert book.merge_forgotten({B: EPOCH_S + 1}, EPOCH_S + 1)
    assert not book.has(B)


def test_forgetting_ends_the_attempt():
    book = make_book()
    book.hear([B], 0.0)
    [attempt] = book.due(0.0)
    book.forget(B, EPOCH_S)
    assert (book.attempt(attempt.number), book.next_due_s) == (None, None)
    assert not book.failed(attempt.number, "refused", 1.0)


# Calls.


def test_a_router_that_calls_is_tried_at_once():
    book = make_book()
    assert book.called(B, 0.0)
    [attempt] = book.due(0.0)
    book.failed(attempt.number, "refused", 0.0)
    assert book.due(0.6) == []
    assert not book.called(B, 0.6)
    assert [str(each.host_port) for each in book.due(0.6)] == [B]


def test_a_router_that_has_refused_us_and_calls_has_to_wait():
    book = make_book()
    book.hear([B], 0.0)
    [attempt] = book.due(0.0)
    book.refused(attempt.number, "full", 0.0)
    book.called(B, 3.0)
    assert book.due(5.0) == []
    assert states_of(book) == {B: "refused"}
    assert len(book.due(10.0)) == 1


@pytest.mark.parametrize("is_there", [True, False])
def test_a_forgotten_router_that_calls_gets_one_chance_and_does_not_count_before(is_there):
    book = make_book()
    book.forget(B, EPOCH_S)
    assert not book.called(B, 0.0)
    assert (len(book.members()), book.has(B), book.addresses()) == (0, False, [])
    [attempt] = book.due(0.0)
    if is_there:
        book.prove("b", B, 0.0)
        book.linked(attempt.number, "b", 0.0)
        assert (len(book.members()), dict(book.forgotten)) == (1, {})
    else:
        assert not book.failed(attempt.number, "refused", 0.0)
        assert (len(book.members()), dict(book.forgotten), book.next_due_s) == (0, {B: EPOCH_S}, None)


# Attempts.


def test_the_first_failure_of_an_absence_is_told_and_then_one_in_ten_minutes():
    book, told, now_s = make_book(B), [], 0.0
    while now_s < 2000.0:
        [attempt] = book.due(now_s)
        if book.failed(attempt.number, "timed out", now_s):
            told.append(now_s)
        now_s = book.next_due_s
    assert told[0] == 0.0
    assert len(told) == 4
    assert all(600.0 <= later - earlier <= 630.0 for earlier, later in pairwise(told))
    link(book, "b", B, 2000.0)
    assert (book.members()[0].failures, book.members()[0].reason) == (0, "")
    book.lost("b", 2001.0)
    [attempt] = book.due(2002.0)
    assert book.failed(attempt.number, "timed out", 2002.0)


def test_a_router_that_was_lost_is_tried_soon():
    book = make_book()
    for server, address in (("b", B), ("c", C)):
        link(book, server, address)
    book.lost("b", 100.0)
    book.lost("c", 100.0)
    assert states_of(book) == {B: "waiting", C: "waiting"}
    assert book.due(100.3) == []
    assert sorted(str(attempt.host_port) for attempt in book.due(100.7)) == [B, C]
    book.lost("nobody", 101.0)


def test_gossip_is_told_at_once_and_again_until_the_other_one_has_dialled():
    book, told, now_s = make_book(D), [], 0.0
    while now_s < 5.0:
        [attempt] = book.due(now_s)
        assert attempt.told == OWN
        told.append(now_s)
        book.gossiped(attempt.number, now_s)
        now_s = book.next_due_s
    assert told[0] == 0.0
    assert 5 <= len(told) <= 8
    assert book.members()[0].failures == 0
    link(book, "d", D, now_s)
    assert book.next_due_s is None


def test_heard_addresses_are_dialled_over_tls_where_that_can_be_verified():
    book = make_book("tls 10.0.0.2:4043", C, dials_secure=True)
    book.hear([D], 0.0)
    assert {str(attempt.host_port): attempt.secure for attempt in book.due(0.0)} == {
        "10.0.0.2:4043": True,
        C: False,
        D: True,
    }


def test_a_replaced_host_is_back_within_a_minute_however_long_it_was_away():
    for away_s in (1.0, 30.0, 599.0, 3600.0, 7 * DAY_S):
        book, now_s = make_book(), 0.0
        link(book, "b", B)
        book.lost("b", now_s)
        while now_s < away_s:
            now_s = book.next_due_s
            for attempt in book.due(now_s):
                (book.refused if now_s > away_s / 2 else book.failed)(attempt.number, "gone", now_s)
        assert book.next_due_s - now_s <= 30.0
        # The new machine has another address, and tells it with GOSSIP or by dialling.
        book.called(D, now_s)
        assert [str(attempt.host_port) for attempt in book.due(now_s) if str(attempt.host_port) == D] == [D]
        assert link(book, "b", D, now_s) == (B,)
        assert linked_addresses(book) == (D,)


# Bounds.


def test_a_flood_of_addresses_is_bounded_and_does_not_keep_real_routers_out():
    book = make_book("host-c:4042", members_max=50)
    flood = (f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}:4042" for number in range(100_000, 200_000))
    book.hear(flood, 0.0)
    assert (len(book.members()), len(book._by_address)) == (49, 49)
    for number in range(1, 100):
        link(book, f"s{number}", f"192.168.0.{number}:4042")
        assert len(book._by_address) == max(49, number + 1)
    assert not book.hear(["172.16.0.1:4042"], 0.0)
    assert not book.called("172.16.0.1:4042", 0.0)
    assert book.prove("t", "172.16.0.1:4042", 0.0, Ground.TOLD) == ()
    assert (len(book.members()), len(linked_addresses(book))) == (100, 99)
    assert any(member.configured for member in book.members())


def test_another_routers_word_takes_the_place_of_hearsay_but_not_of_a_proof():
    book = make_book(members_max=3)
    book.hear([B, C], 0.0)
    book.prove("d", D, 0.0, Ground.TOLD)
    book.prove("e", "10.0.0.1:1", 0.0, Ground.TOLD)
    assert (book.knows("d"), book.knows("e"), len(book.members())) == (True, True, 2)
    book.prove("f", B, 0.0, Ground.TOLD)
    assert not book.knows("f")
    link(book, "f", B)
    assert (book.knows("f"), len(book.members())) == (True, 2)


def test_what_was_forgotten_and_replaced_is_bounded():
    book = make_book(members_max=50)
    marks = {f"10.1.{number >> 8}.{number & 255}:1": EPOCH_S + number for number in range(10_000)}
    book.merge_forgotten(marks, EPOCH_S)
    assert 50 <= len(book.forgotten) <= 50 + 50 // 8  # the oldest of a crowd give way together
    assert {*book.forgotten} >= {*list(marks)[-50:]}
    for number in range(1000):
        book.prove("b", f"10.2.{number >> 8}.{number & 255}:1", 0.0)
    assert (len(book.members()), len(book._departed._replaced)) == (1, 50)


# The configuration changes.


def test_neighbors_are_added_and_removed():
    book = make_book(B, C, "host-d:4042", "host-e:4042")
    link(book, "b", B)
    attempts = {str(attempt.host_port): attempt.number for attempt in book.due(0.0)}
    book.prove("d", D, 0.0)
    book.linked(attempts["host-d:4042"], "d", 0.0)
    book.reconfigure(make_cluster("tls 10.0.0.2:4042", "host-f:4042", dials_secure=True), 5.0)
    told = {member.address: (member.configured, member.secure, str(member.state)) for member in book.members()}
    assert told == {
        B: (True, True, "linked"),
        D: (False, True, "linked"),
        "host-f:4042": (True, False, "waiting"),
    }
    assert book.attempt(attempts[C]) is None
    assert [str(attempt.host_port) for attempt in book.due(5.0)] == ["host-f:4042"]


def test_a_neighbor_that_was_met_stays_known_when_it_is_no_longer_configured():
    book = make_book(B, C)
    link(book, "b", B)
    book.hear([D], 0.0)
    book.reconfigure(make_cluster(), 5.0)
    assert [(member.address, member.configured) for member in book.members()] == [(D, False), (B, False)]


def test_without_discovery_a_neighbor_that_is_no_longer_configured_goes():
    book = make_book(B, C)
    link(book, "b", B)
    book.reconfigure(make_cluster(C, discover=False), 5.0)
    assert list(states_of(book)) == [C]


def test_a_forgotten_address_that_is_configured_counts_again():
    book = make_book()
    book.forget(B, EPOCH_S)
    book.called(B, 0.0)
    book.reconfigure(make_cluster(B), 1.0)
    assert (book.has(B), dict(book.forgotten)) == (True, {})
    assert not book.merge_forgotten({B: EPOCH_S}, EPOCH_S)


@pytest.mark.parametrize(
    ("ip", "is_ours"),
    [("10.0.0.5", True), ("10.0.0.2", True), ("10.0.0.9", True), ("10.0.0.3", False), ("host-d", True), ("", False)],
)
def test_ip_addresses_that_are_ours_or_a_configured_neighbors(ip, is_ours):
    book = make_book(B, "host-d:4042")
    book.hear([C], 0.0)
    attempts = {str(attempt.host_port): attempt.number for attempt in book.due(0.0)}
    book.prove("d", D, 0.0)
    book.linked(attempts["host-d:4042"], "d", 0.0)
    assert book.is_configured_ip(ip) is is_ours


@pytest.mark.parametrize(
    ("other", "is_smaller"),
    [
        ("10.0.0.4:9999", True),
        ("10.0.0.6:1", False),
        ("10.0.0.5:4041", True),
        ("10.0.0.5:4042", False),
        ("[::1]:4042", False),
        ("host-b:1", True),
    ],
)
def test_addresses_are_compared(other, is_smaller):
    assert is_larger(OWN, other) is is_smaller


# Who counts, and who is only told of.


def counts(book):
    return {member.server or member.address for member in book.members() if member.counts}


def test_who_is_only_told_of_does_not_count():
    book = make_book(B, saved_neighbors=C)
    link(book, "e", E)
    book.hear([D], 0.0, "e")
    book.prove("f", "10.0.0.11:4042", 0.0, Ground.TOLD, "e")
    assert counts(book) == {B, "e"}
    assert (book.counted, book.told()) == ({"e"}, [B, E])
    book.vouch("f", "10.0.0.11:4042", 0.0)
    book.vouch("nobody", "", 0.0)
    assert counts(book) == {B, "e", "f"}
    assert book.forget("10.0.0.11:4042", EPOCH_S + 1)
    book.vouch("f", "10.0.0.11:4042", 0.0)
    book.settle({"e", "f"}, 1.0)
    book.vouch("f", "10.0.0.11:4042", 1.0)
    assert counts(book) == {B, "e"}, "others do not know yet that it was forgotten"
    book.settle({"e"}, 2.0)
    book.vouch("f", "10.0.0.11:4042", 3.0)
    assert counts(book) == {B, "e", "f"}, "it is back"


@pytest.mark.parametrize("discover", [True, False])
def test_who_counts_is_read_again_and_not_dialled_where_discovery_is_off(discover):
    first = make_book()
    link(first, "b", B)
    again = make_book(saved_neighbors=first.render_file(), discover=discover)
    assert (counts(again), again.render_file()) == ({"b"}, first.render_file())
    assert len(again.due(0.0)) == discover


def test_a_name_that_counts_needs_an_address():
    book = make_book(saved_neighbors=f"{B}\n# server {B} b\n# counts c\n# counts b")
    assert counts(book) == {"b"}
    assert make_book(saved_neighbors=f"# server {B} b\n# counts b").members() == ()


def test_what_nobody_tells_of_any_more_goes():
    """C in a list of e's; f in a record that e has passed on; D has called itself; B stood in the file."""
    book = make_book(saved_neighbors=B)
    link(book, "e", E)
    book.hear([C], 0.0, "e")
    book.called(D, 0.0)
    book.prove("f", "10.0.0.11:4042", 0.0, Ground.TOLD, "e")
    book.settle({"e", "f"}, 0.0)
    book.settle({"e", "f"}, UNTOLD_SPAN_S - 1)
    assert sorted(states_of(book)) == sorted([B, C, D, E, "10.0.0.11:4042"])
    book.settle({"e"}, UNTOLD_SPAN_S)
    book.settle({"e"}, 2 * UNTOLD_SPAN_S)
    assert sorted(states_of(book)) == sorted([B, C, E])
    book.lost("e", 2 * UNTOLD_SPAN_S)
    book.settle(set(), 2 * UNTOLD_SPAN_S)
    book.hear([C], 2 * UNTOLD_SPAN_S, "g")
    link(book, "g", D)
    book.settle({"g"}, 3 * UNTOLD_SPAN_S)
    assert C in states_of(book), "g tells of it now"
    book.lost("g", 3 * UNTOLD_SPAN_S)
    for now_s in (3 * UNTOLD_SPAN_S, 4 * UNTOLD_SPAN_S):
        book.settle(set(), now_s)
    assert sorted(states_of(book)) == sorted([B, D, E])


def test_one_routers_word_fills_half_of_the_book_and_pushes_nobody_out():
    book = make_book(members_max=10)
    link(book, "e", E)
    book.hear([f"10.1.0.{number}:1" for number in range(9)], 0.0, "e")
    assert len(book.members()) == 1 + 5
    assert book.prove("f", "10.0.0.11:4042", 0.0, Ground.TOLD, "e") == ()
    assert not book.knows("f")
    assert book.hear([C], 0.0, "g")
    link(book, "h", "10.1.0.0:1")
    assert book.hear(["10.1.0.8:1"], 0.0, "e"), "who counts is nobody's word"


# Whatever happens.

ADDRESSES = [B, C, D, "10.0.0.2:4043", "[2001:db8::1]:4042", OWN]
NAMES = ["host-b:4042", "host-c:4042"]
STEP = st.tuples(
    st.sampled_from(["hear", "called", "prove", "told", "link", "lost", "forget", "merge", "due", "end", "config"]),
    st.integers(0, 5),
    st.integers(0, 3),
    st.floats(0.0, 20.0),
)


class Life:
    """A book to which anything happens, and what must hold all the while."""

    def __init__(self):
        self.book = make_book(*NAMES, B, members_max=6)
        self.now_s = 0.0
        self.open = {}
        self.linked = set()

    def take(self, what, which, how, span_s):
        self.now_s += span_s
        getattr(self, what)(ADDRESSES[which], "wxyz"[how], how)
        self.open = {number: attempt for number, attempt in self.open.items() if self.book.attempt(number) is not None}
        self.check()

    def hear(self, address, _server, _how):
        self.book.hear([address], self.now_s)

    def called(self, address, _server, _how):
        self.book.called(address, self.now_s)

    def prove(self, address, server, _how):
        self.book.prove(server, address, self.now_s)

    def told(self, address, server, _how):
        self.book.prove(server, address, self.now_s, Ground.TOLD)

    def link(self, address, server, _how):
        link(self.book, server, address, self.now_s)
        self.linked.add(server)

    def lost(self, _address, server, _how):
        self.book.lost(server, self.now_s)
        self.linked.discard(server)

    def forget(self, address, _server, how):
        self.book.forget(address, EPOCH_S + how)

    def merge(self, address, _server, how):
        self.book.merge_forgotten({address: EPOCH_S + how}, EPOCH_S)

    def config(self, _address, _server, how):
        self.book.reconfigure(make_cluster(*NAMES[: how % 3], *([C] if how else []), discover=how != 3), self.now_s)

    def due(self, _address, _server, _how):
        busy = {str(attempt.host_port) for attempt in self.open.values()}
        due_s = self.book.next_due_s
        attempts = self.book.due(self.now_s)
        assert due_s is not None or not attempts
        for attempt in attempts:
            assert str(attempt.host_port) not in busy
            busy.add(str(attempt.host_port))
            self.open[attempt.number] = attempt
        assert self.book.next_due_s is None or self.book.next_due_s > self.now_s or len(attempts) == 8

    def end(self, _address, server, how):
        for number in list(self.open)[:2]:
            if how == 0:
                self.book.failed(number, "refused", self.now_s)
            elif how == 1:
                self.book.refused(number, "full", self.now_s)
            elif how == 2:
                self.book.gossiped(number, self.now_s)
            else:
                self.book.linked(number, server, self.now_s)
                self.linked.add(server)
            assert self.book.attempt(number) is None

    def check(self):
        book, members = self.book, self.book.members()
        assert len(members) <= 6 + len(NAMES)
        assert len(book.forgotten) <= 6
        servers = [member.server for member in members if member.server]
        assert len(servers) == len(set(servers)), "one member for each server"
        assert len({member.address for member in members}) == len(members)
        assert OWN not in {member.address for member in members}
        assert all((member.state is State.LINKED) == (member.server in self.linked) for member in members)
        assert not set(book.addresses()) & set(book.forgotten)
        waits = [known.due_s - self.now_s for known in book._by_address.values()]
        assert max(waits, default=0.0) <= 30.0


@given(st.lists(STEP, max_size=60))
def test_whatever_happens(steps):
    life = Life()
    for step in steps:
        life.take(*step)
    text = life.book.render_file()
    again = AddressBook(OWN, ClusterConfig(saved_neighbors=text), "boot", 100, 0.0)
    assert (again.rejected, dict(again.forgotten)) == ((), dict(life.book.forgotten))
    lasting = {entry.server for address in life.book.addresses() if (entry := life.book._get(address)).server}
    assert again.counted == lasting & life.book._counted
    assert set(life.book.told()) <= set(again.addresses()) <= set(life.book.addresses())


@given(st.lists(st.sampled_from("frg"), min_size=1, max_size=900), st.text(max_size=8))
def test_whatever_an_attempt_comes_to_the_next_one_is_at_most_half_a_minute_away(ends, seed):
    book, now_s = AddressBook(OWN, make_cluster(B), seed, 10, 0.0), 0.0
    for end in ends:
        [attempt] = book.due(now_s)
        assert book.due(now_s) == []
        {"f": book.failed, "r": book.refused}.get(end, lambda number, _, at_s: book.gossiped(number, at_s))(
            attempt.number, "no", now_s
        )
        wait_s = book.next_due_s - now_s
        assert 0.7 < wait_s <= 30.0
        now_s = book.next_due_s
