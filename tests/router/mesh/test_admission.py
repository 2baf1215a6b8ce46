"""Who may enter from another host: strangers, passwords, certificates."""

import pytest

from communicator.fairness.sources import Standing
from communicator.router import RouterLimits
from communicator.router.mesh.gatekeeper import REFUSALS_TOLD
from communicator.router.path.table import HANDLERS
from communicator.router.peering.admission import CARRY_CREDENTIALS
from communicator.router.vocabulary.authority import RULES
from communicator.router.vocabulary.effects import CheckCredential, KeepOut, Notice
from communicator.router.vocabulary.events import CloseReason, CredentialChecked, CredentialsRevoked

PASSWORD = "correct-horse"
MAY_SAY = {
    "CHALLENGE",
    "PROOF",
    "CONNECT",
    "ACCEPT",
    "REFUSE",
    "GOSSIP",
    "RECEIVED",
    "ALIVE",
    "ABSOLUTELY",
    "REGISTER",
    "INVALID",
    "UNKNOWN",
    "QUITTING",
}
CONNECT = "CONNECT version=1;my_address=10.0.0.9:4042;server_name=beta;boot_id=b1;features=directory/1"
BY_PASSWORD = f"{CONNECT};username=user;password={PASSWORD}"
WRONG = f"{CONNECT};username=user;password=tr0ub4dor"
LISTENER = """
    + L unix root
    L > REGISTER service=iplock;version=1
    L < HELP
    L < READY my_address=*
    L > COMMANDS list=HELP,QUITTING,READY,STOP,UNKNOWN,BLOCK
"""


@pytest.fixture
def gated(mesh, credential):
    """Makes a router that wants to see a password, which is good for these things."""

    def make(opens="router", *names, neighbors=(), **changes):
        entry = credential(opens, *(names or ("beta",)))
        return mesh(*neighbors, passwords={("user", PASSWORD): entry}, demands_credentials=True, **changes)

    return make


def peers(book):
    return sorted(book.router._board.mesh.peers)


def count(book, kind):
    return len(book.effects_of(kind))


def told(book):
    """Everything that could end in a log."""
    return f"{book.notices} {[effect for effect in book.effects if not hasattr(effect, 'data')]}"


# Strangers.


@pytest.mark.parametrize("command", sorted({*HANDLERS, *RULES, "FOO"} - MAY_SAY))
@pytest.mark.parametrize("to", ["", "communicatord/", "svc/", "./"])
def test_what_a_stranger_may_not_say_is_refused_and_changes_nothing(mesh, command, to):
    book = mesh().play(
        "+ L unix root\nL > REGISTER service=svc;version=1\nL < HELP\nL < READY my_address=*\n"
        f"L > COMMANDS list={command}\n+ S remote"
    )
    board = book.router._board
    before = (len(board.registry), board.mesh.book.render_file(), board.policy.policy, board.clock.word, board.draining)
    book.play(f"S > <other:svc {to}{command} service=svc;version=1\nS < INVALID command={command};message=*")
    assert (
        len(board.registry),
        board.mesh.book.render_file(),
        board.policy.policy,
        board.clock.word,
        board.draining,
    ) == before
    assert not (board.taps)
    assert board.load.is_empty
    assert not (book.heard[book.links["L"]])


@pytest.mark.parametrize("command", sorted(MAY_SAY))
@pytest.mark.parametrize("to", ["svc/", "beyond:communicatord/", "beyond:svc/", "*/"])
def test_nothing_a_stranger_says_is_passed_on(mesh, command, to):
    book = mesh()
    book.run("+ R remote\nR > CONNECT version=1;my_address=10.0.0.8:4042;server_name=beyond\nR < ...\n+ S remote")
    book.play(f"S > {to}{command} service=svc;version=1\nS < INVALID command={command};message=*\nR < (nothing)")


def test_a_stranger_in_json_is_a_stranger(mesh):
    book = mesh().play("+ S remote")
    book.write("S", b'{"command":"STOP","server":"peer","service":"communicatord"}\n')
    book.play("S < INVALID command=STOP;message=*")


FOUR = RouterLimits(strangers=4)
"""Of strangers: two places for those nobody knows."""


def test_strangers_are_bounded_in_number_and_our_own_dials_are_not(mesh):
    book = mesh("10.0.0.2:4042", limits=FOUR)
    book.play("+ A remote from=10.0.0.66\n+ B remote from=10.0.0.67\n+ D remote dial=1\nD < ...\nA < (nothing)")
    book.play("+ C remote from=10.0.0.68\nA < EOF\nB < (nothing)\nC < (nothing)")
    assert book.router._board.statistics.closed["remote", CloseReason.LIMIT] == 1


def test_the_longest_silent_stranger_leaves_first(mesh):
    book = mesh(limits=FOUR)
    book.play("+ A remote from=10.0.0.66\n+ B remote from=10.0.0.67\nA > ALIVE\nA < ABSOLUTELY reply_timestamp=*")
    book.play("+ C remote from=10.0.0.68\nB < EOF\nA < (nothing)\nC < (nothing)")


def test_one_address_takes_its_share_and_no_more(mesh):
    book = mesh(limits=RouterLimits(strangers=16))
    book.play("+ A remote\n+ B remote\n+ E remote from=10.0.0.67\n+ C remote\nA < EOF\n+ D remote\nB < EOF")
    book.play("C < (nothing)\nD < (nothing)\nE < (nothing)")


def test_an_ipv6_network_takes_two_shares_and_another_one_has_its_own(mesh):
    """Of 16 places an address has two, a network four: whoever comes with ever new addresses of it pushes out its own."""
    book = mesh(limits=RouterLimits(strangers=16))
    comers = [f"+ {name} remote from=2001:db8::{number:x}" for number, name in enumerate("ABCD", 10)]
    book.play("\n".join(["+ O remote from=2001:db8:0:1::1", *comers]))
    book.play("+ E remote from=2001:db8::e\nA < EOF\n+ F remote from=2001:db8::f\nB < EOF")
    book.play("O < (nothing)\nC < (nothing)\nD < (nothing)\nE < (nothing)\nF < (nothing)")


def test_one_ipv6_address_takes_one_share(mesh):
    book = mesh(limits=RouterLimits(strangers=16))
    book.play("+ A remote from=2001:db8::a\n+ B remote from=2001:db8::b\n+ C remote from=2001:db8::a")
    book.play("+ D remote from=2001:DB8:0::a\nA < EOF\nB < (nothing)\nC < (nothing)\nD < (nothing)")


def test_of_a_network_that_has_failed_all_others_stand_last_but_whom_we_know(gated):
    book = gated(limits=FOUR)
    book.play(f"+ A remote from=2001:db8::a\nA > {WRONG}\nA < REFUSE message=*\nA < EOF\n@ 2")
    sources, now_s = book.router._board.mesh.sources, book.now.monotonic_s
    sources.note_proven("2001:db8::f", now_s)
    hosts = ("2001:db8::a", "2001:db8::b", "2001:db8::f", "2001:db8:0:1::a")
    assert [sources.standing(host, now_s) for host in hosts] == [
        *(Standing.FAILED, Standing.FAILED, Standing.KNOWN, Standing.NEW)
    ]
    book.play("+ B remote from=2001:db8::b\n+ C remote from=2001:db8:0:1::a\n+ D remote from=2001:db8:0:2::a\nB < EOF")
    book.play("C < (nothing)\nD < (nothing)\n+ E remote from=2001:db8::f\nE < (nothing)")


def test_a_configured_neighbor_and_who_was_linked_within_a_day_have_places_of_their_own(mesh):
    book = mesh("10.0.0.9:4042", limits=FOUR)
    book.run("+ R remote from=10.0.0.8\nR > CONNECT version=1;my_address=10.0.0.8:4042;server_name=gamma;boot_id=g1")
    book.play("R < ...\nR x\n@ 3600")
    book.play(
        "+ A remote from=10.0.0.66\n+ B remote from=10.0.0.67\n+ C remote from=10.0.0.8\n+ D remote from=10.0.0.9"
    )
    book.play("+ E remote from=10.0.0.68\nA < EOF\nB < (nothing)\nC < (nothing)\nD < (nothing)\nE < (nothing)")


def test_who_counted_in_the_last_life_is_known_in_this_one(mesh):
    saved = "10.0.0.8:4042\n10.0.0.7:4042\n# server 10.0.0.8:4042 gamma\n# counts gamma\n"
    sources = mesh(saved_neighbors=saved).router._board.mesh.sources
    standings = [sources.standing(f"10.0.0.{host}", 1000.0) for host in (8, 7)]
    assert standings == [Standing.KNOWN, Standing.NEW]


def test_who_has_failed_leaves_before_those_who_have_not(gated):
    book = gated(limits=FOUR)
    book.play(f"+ A remote from=10.0.0.65\nA > {WRONG}\nA < REFUSE message=*\nA < EOF\n@ 2")
    book.play("+ B remote from=10.0.0.66\n+ C remote from=10.0.0.65\n+ D remote from=10.0.0.67\nC < EOF")
    book.play("B < (nothing)\n+ E remote from=10.0.0.65\nE < EOF\nB < (nothing)\nD < (nothing)")


def test_a_stranger_whose_password_is_being_checked_has_as_much_time_as_that_takes(gated):
    book = gated()
    with book.waiting():
        book.run(f"+ A remote\nA > {BY_PASSWORD}\n+ B remote from=10.0.0.67\nB > {BY_PASSWORD}\n@ 35")
        book.play("A < (nothing)\nB < (nothing)")
        assert (book.router._board.mesh.gate.waiting, book.router.next_deadline() > book.monotonic_s) == (1, True)
    assert (peers(book), count(book, CheckCredential)) == (["beta"], 2)


# Passwords.


@pytest.mark.parametrize("said", [CONNECT, f"{CONNECT};username=user", f"{CONNECT};password={PASSWORD}"])
def test_without_a_password_a_router_is_refused(gated, said):
    book = gated().play(f"+ S remote\nS > {said}\nS < REFUSE message=*\nS < EOF")
    assert (peers(book), count(book, CheckCredential)) == ([], 0)
    assert book.router._board.statistics.auth_failures["remote"] == 1
    assert book.router._board.statistics.peers_refused == {"credentials": 1, "name": 0, "ending": 0}


def test_the_right_password_opens(gated):
    book = gated()
    book.run(f"+ S remote\nS > {BY_PASSWORD}\nS < ACCEPT server_name=*;my_address=*;services=*;features=*;boot_id=*")
    assert peers(book) == ["beta"]
    assert PASSWORD not in told(book)


@pytest.mark.parametrize(
    ("opens", "names", "is_open"),
    [
        ("router", ["*"], True),
        ("router", ["gamma", "beta"], True),
        ("router", ["gamma"], False),
        ("service", ["*"], False),
    ],
)
def test_a_password_is_good_for_what_it_says(gated, opens, names, is_open):
    book = gated(opens, *names)
    book.run(f"+ S remote\nS > {BY_PASSWORD}")
    assert (peers(book) == ["beta"]) is is_open
    assert book.hear("S").command == ("ACCEPT" if is_open else "REFUSE")


def test_a_wrong_password_closes_the_link_and_is_nowhere_told(gated):
    book = gated().play(f"+ S remote\nS > {WRONG}\nS < REFUSE message=wrong username or password\nS < EOF")
    assert "tr0ub4dor" not in told(book)
    assert book.router._board.statistics.closed["remote", CloseReason.AUTH] == 1
    assert book.router._board.statistics.auth_failures["remote"] == 1


def test_whoever_shows_wrong_ones_waits_longer_each_time(gated):
    book = gated()
    for number, wait_s in enumerate((1, 2, 4, 8, 16, 30, 30)):
        book.play(f"+ A remote\nA > {WRONG}\nA < REFUSE message=wrong username or password\nA < EOF")
        book.play(f"@ {wait_s - 0.1}\n+ B remote\nB > {BY_PASSWORD}\nB < REFUSE message=*\nB < EOF")
        assert count(book, CheckCredential) == number + 1
        book.play("@ 0.1")
    book.run(f"+ C remote\nC > {BY_PASSWORD}")
    assert peers(book) == ["beta"]


def test_other_addresses_do_not_wait(gated):
    book = gated()
    book.run(f"+ A remote from=10.0.0.66\nA > {WRONG}\nA < ...\n+ B remote from=10.0.0.67\nB > {BY_PASSWORD}")
    assert peers(book) == ["beta"]


def test_after_three_the_address_is_named_once(gated):
    book = gated().play(LISTENER)
    for wait_s in (1, 2, 4, 8):
        book.run(f"+ A remote from=10.0.0.66\nA > {WRONG}\nA < ...\n@ {wait_s}")
    book.play("L < BLOCK uri=10.0.0.66;period=5m;reason=3 wrong passwords\nL < (nothing)")


@pytest.mark.parametrize("ip", ["127.0.0.1", "10.0.0.5", "10.0.0.2"])
def test_neither_we_nor_loopback_nor_a_neighbor_is_ever_named(gated, ip):
    book = gated(neighbors=("10.0.0.2:4042",)).play(LISTENER)
    for wait_s in (1, 2, 4, 8):
        book.run(f"+ A remote from={ip}\nA > {WRONG}\nA < REFUSE message=*\nA < EOF\n@ {wait_s}")
    book.play("L < (nothing)")


@pytest.mark.parametrize(("source", "ip"), [("10.0.0.66", "10.0.0.66"), ("[::ffff:10.0.0.66]", "10.0.0.66")])
def test_who_goes_on_is_kept_out_for_the_rest_of_the_delay_and_that_is_told_once(gated, source, ip):
    book = gated()
    book.play(f"+ A remote from={source}\nA > {WRONG}\nA < ...\n@ 0.25")
    for refused in range(2 * REFUSALS_TOLD):
        assert count(book, KeepOut) == (refused >= REFUSALS_TOLD)
        book.play(f"+ B remote from={source}\nB > {BY_PASSWORD}\nB < REFUSE message=*\nB < EOF")
    assert book.effects_of(KeepOut) == [KeepOut(ip, 0.75)]
    assert [notice.fields for notice in book.notices if notice.event == "address_kept_out"] == [
        {"ip": ip, "for_s": 0.8}
    ]
    book.run(f"@ 0.75\n+ B remote from={source}\nB > {BY_PASSWORD}")
    assert peers(book) == ["beta"]


def test_a_neighbor_is_not_kept_out_since_others_there_may_have_a_certificate(gated):
    book = gated(neighbors=("10.0.0.2:4042",))
    for _ in range(2 * REFUSALS_TOLD):
        book.play(f"+ A remote from=10.0.0.2\nA > {WRONG}\nA < REFUSE message=*\nA < EOF")
    assert count(book, KeepOut) == 0


def test_passwords_are_checked_one_at_a_time_and_lines_behind_them_wait(gated):
    book = gated()
    with book.waiting():
        book.run("+ A remote from=10.0.0.66\n+ B remote from=10.0.0.67")
        book.write("A", f"{WRONG}\nALIVE serial=1\n".encode())
        book.write("B", f"{BY_PASSWORD}\n".encode())
        book.write("B", b"<beta:communicatord ALIVE serial=2\n")
        book.play("A < (nothing)\nB < (nothing)")
        assert count(book, CheckCredential) == 1
    book.run("A < REFUSE message=*\nA < EOF")
    heard = [message.command for message in book.heard[book.links["B"]]]
    assert (heard[0], heard[-1], count(book, CheckCredential)) == ("ACCEPT", "ABSOLUTELY", 2)


def test_a_wrong_one_turns_away_all_of_its_address_that_wait(gated):
    book = gated()
    with book.waiting():
        book.run(
            f"+ A remote\nA > {WRONG}\n+ B remote\nB > {BY_PASSWORD}\n+ C remote from=10.0.0.66\nC > {BY_PASSWORD}"
        )
    book.run("A < REFUSE message=*\nA < EOF\nB < REFUSE message=*\nB < EOF\nC < ...")
    assert peers(book) == ["beta"]


def test_whoever_leaves_while_its_password_is_checked_leaves_nothing(gated):
    book = gated()
    with book.waiting():
        book.run(f"+ A remote\nA > {BY_PASSWORD}\nA x")
    assert (peers(book), book.router._board.mesh.strangers.due.at_s) == ([], None)


def test_an_answer_nobody_waits_for_changes_nothing(gated):
    book = gated()
    before = len(book.effects)
    book.handle(CredentialChecked(99, None))
    assert len(book.effects) == before


def test_a_password_is_looked_at_only_where_it_belongs(gated):
    book = gated()
    book.run(f"+ S remote\nS > {BY_PASSWORD}\nS < ...")
    said = {*HANDLERS, "FOO"} - CARRY_CREDENTIALS
    for command in sorted(said - MAY_SAY):
        book.play(
            f"+ T remote\nT > {command} username=user;password=tr0ub4dor\nT < INVALID command={command};message=*\nT x"
        )
    assert count(book, CheckCredential) == 1


def test_gossip_needs_a_password_unless_the_address_is_known(gated):
    book = gated(neighbors=("10.0.0.2:4042",))
    book.play("+ A remote\nA > GOSSIP my_address=10.0.0.3:4042\nA < INVALID command=GOSSIP;message=*")
    book.play("A > GOSSIP my_address=10.0.0.2:4042\nA < RECEIVED")
    book.play(f"+ B remote\nB > GOSSIP my_address=10.0.0.4:4042;username=user;password={PASSWORD}\nB < RECEIVED")
    assert [member.address for member in book.router._board.mesh.book.members()] == ["10.0.0.2:4042", "10.0.0.4:4042"]
    book.play(
        "+ C remote\nC > GOSSIP my_address=10.0.0.6:4042;username=user;password=tr0ub4dor\nC < REFUSE message=*\nC < EOF"
    )


# What we say.


GAMMA = "10.0.0.2:4042\n# server 10.0.0.2:4042 gamma\n# counts gamma\n"


@pytest.mark.parametrize(
    ("neighbor", "saved", "certificate", "is_said"),
    [
        (
            "tls 10.0.0.2:4042",
            "",
            "gamma",
            False,
        ),  # who that is nobody knows: whoever has a certificate of the authority
        ("tls 10.0.0.2:4042", "", "gamma,10.0.0.2", True),
        ("tls 10.0.0.2:4042", "", "10.0.0.3", False),
        ("tls 10.0.0.2:4042", GAMMA, "gamma", True),
        ("tls 10.0.0.2:4042", GAMMA, "mallory", False),
        ("tls 10.0.0.2:4042", GAMMA, "", False),
        ("tls gamma@10.0.0.2:4042", "", "gamma", True),
        ("tls gamma@10.0.0.2:4042", "", "mallory", False),
        ("tls delta@10.0.0.2:4042", GAMMA, "gamma", False),
        ("tls gamma:4042", "", "gamma", True),
        ("tls gamma.example:4042", "", "gamma.example", True),
        ("tls gamma.example:4042", "", "mallory", False),
    ],
)
def test_our_password_is_said_over_tls_only_to_whom_we_know_by_name(mesh, neighbor, saved, certificate, is_said):
    book = mesh(neighbor, saved_neighbors=saved, username="me", password=PASSWORD)
    book.run(f"+ R secure dial=1{certificate and ' certificate=' + certificate}")
    said = book.hear("R")
    assert (said.command, said.get("password")) == ("CONNECT", PASSWORD if is_said else "")
    reasons = [notice.fields["reason"] for notice in book.notices if notice.event == "password_withheld"]
    assert len(reasons) == (not is_said)
    assert all("cds://NAME@" in reason for reason in reasons)


@pytest.mark.parametrize(
    ("neighbor", "changes", "is_said"),
    [
        ("10.0.0.2:4042", {}, False),
        ("10.0.0.9:4042", {}, False),
        ("127.0.0.1:4042", {}, True),
        ("10.0.0.2:4042", {"allow_cleartext_password": True}, True),
        ("10.0.0.9:4042", {"allow_cleartext_password": True}, True),
    ],
)
def test_our_password_is_said_in_clear_only_where_that_is_allowed(mesh, neighbor, changes, is_said):
    book = mesh(neighbor, username="me", password=PASSWORD, **changes)
    book.run("+ R remote dial=1")
    said = book.hear("R")
    assert said.command in ("CONNECT", "GOSSIP")
    assert (said.get("username"), said.get("password")) == (("me", PASSWORD) if is_said else ("", ""))
    assert ("password_withheld" in [notice.event for notice in book.notices]) is not is_said
    assert PASSWORD not in told(book)


def test_a_plain_link_that_looks_like_a_secure_one_gets_no_password(mesh):
    """The dial was to be over TLS; whatever the shell made of it, the kind of the link counts."""
    book = mesh("tls 10.0.0.2:4042", username="me", password=PASSWORD).run("+ R remote dial=1")
    assert "password" not in book.hear("R").parameters


# Certificates.


@pytest.mark.parametrize(("names", "is_open"), [("beta", True), ("alpha,beta", True), ("gamma", False)])
def test_a_certificate_names_the_server(gated, names, is_open):
    book = gated().run(f"+ S secure certificate={names}\nS > {CONNECT}")
    assert book.hear("S").command == ("ACCEPT" if is_open else "REFUSE")
    assert (peers(book) == ["beta"]) is is_open


def test_a_certificate_of_another_is_not_made_good_by_a_password(gated):
    gated().play(f"+ S secure certificate=gamma\nS > {BY_PASSWORD}\nS < REFUSE message=*\nS < EOF")


def test_a_certificate_registers_no_service(gated):
    gated().play(
        "+ S secure certificate=svc\nS > REGISTER service=svc;version=1\nS < INVALID command=REGISTER;message=*"
    )


def test_whom_we_dial_proves_its_name_by_its_certificate(mesh):
    book = mesh("tls 10.0.0.2:4042", "tls 10.0.0.3:4042")
    accepted = "ACCEPT server_name=beta;my_address=10.0.0.2:4042"
    book.run(f"+ A secure dial=1 certificate=gamma\nA < ...\nA > {accepted}\nA < EOF")
    assert peers(book) == []
    book.run(f"+ B secure dial=2 certificate=beta\nB < ...\nB > {accepted}")
    assert peers(book) == ["beta"]


# What was good no longer is.


def test_revoked_credentials_cut_what_hangs_on_them(mesh, credential):
    passwords = {
        ("user", PASSWORD): credential("router", "beta"),
        ("tool", PASSWORD): credential("service", "svc", username="tool"),
    }
    book = mesh(passwords=passwords, demands_credentials=True)
    book.run(
        f"+ R remote\nR > {BY_PASSWORD}\n+ S remote\nS > REGISTER service=svc;version=1;username=tool;password={PASSWORD}"
    )
    book.run(f"+ C secure certificate=gamma\nC > {CONNECT.replace('beta', 'gamma').replace('0.9', '0.10')}")
    board = book.router._board
    book.run("R < ...\nS < ...\nC < ...")
    book.handle(CredentialsRevoked(usernames=frozenset({"nobody"}), links=frozenset({99})))
    assert (peers(book), len(board.registry)) == (["beta", "gamma"], 1)
    book.handle(CredentialsRevoked(usernames=frozenset({"user"})))
    assert (peers(book), len(board.registry)) == (["gamma"], 1)
    book.handle(CredentialsRevoked(usernames=frozenset({"tool"}), links=frozenset({book.links["C"]})))
    assert (peers(book), len(board.registry)) == ([], 0)
    assert board.statistics.closed["remote", CloseReason.AUTH] == 2
    assert board.statistics.closed["secure", CloseReason.AUTH] == 1


def test_no_event_and_no_effect_shows_a_password_when_printed(gated):
    book = gated().run(f"+ S remote\nS > {WRONG}\nS < ...\n+ T remote\nT > {BY_PASSWORD}\nT < ...")
    assert [effect for effect in book.effects if isinstance(effect, Notice)]
    assert "tr0ub4dor" not in told(book)
    assert "tr0ub4dor" not in repr(book.router._board.mesh.gate.__dict__)


def test_a_stranger_that_says_too_much_while_its_password_is_checked_is_cut(gated):
    book = gated()
    with book.waiting():
        book.run(f"+ A remote\nA > {BY_PASSWORD}")
        for _ in range(3):
            book.write("A", b"ALIVE serial=1;pad=" + b"x" * 1_000_000 + b"\n")
        link = book.router._board.registry.links.get(book.links["A"])
        assert link is None or link.parked == b""
    assert peers(book) == []
    assert "stranger_too_talkative" in [notice.event for notice in book.notices]
