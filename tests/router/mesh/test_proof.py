"""Routers that prove to each other that they have one key, and those that have none, or another, or speak as older ones do."""

import pytest

from communicator.router.mesh.cluster_key import KEY_HOLDER, End, Meeting, prove
from communicator.router.vocabulary.events import CredentialsRevoked

KEY = b"0123456789abcdef0123456789abcdef"
OTHER = KEY[::-1]
NONCE = "a" * 64
CONNECT = "CONNECT version=1;my_address=10.0.0.9:4042;server_name=beta;boot_id=b1;features=directory/1"
GOSSIP = "GOSSIP my_address=10.0.0.4:4042"
OFFER = "server_name=gamma;my_address=10.0.0.2:4042;boot_id=g1;features=directory/1"
OURS = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def keyed(mesh):
    def make(*neighbors, key=KEY, **changes):
        return mesh(*neighbors, key=key, **{"demands_credentials": True, **changes})

    return make


def peers(book):
    return sorted(book.router._board.mesh.peers)


def linked(wires, name):
    return sorted(wires.board(name).mesh.peers)


# Two of our routers.


@pytest.mark.parametrize(
    ("alpha", "beta", "is_linked"),
    [
        ({"key": KEY}, {"key": KEY}, True),
        ({"key": KEY}, {"key": OTHER}, False),
        ({"key": KEY}, {}, False),
        ({}, {"key": KEY}, False),
        ({"demands_credentials": False}, {"key": KEY, "demands_credentials": False}, True),
        ({"demands_credentials": False}, {"key": KEY}, False),  # whom beta dials has to prove it too
        ({"key": KEY, "demands_credentials": False}, {"demands_credentials": False}, True),
    ],
)
def test_who_is_linked(wires, alpha, beta, is_linked):
    common = {"demands_credentials": True}
    wires.start("alpha", "10.0.0.1", **(common | alpha)).start("beta", "10.0.0.2", "10.0.0.1", **(common | beta))
    wires.run(5.0)
    assert (linked(wires, "alpha") == ["beta"], linked(wires, "beta") == ["alpha"]) == (is_linked, is_linked)


def test_the_key_is_never_said_and_no_proof_is_said_twice(wires):
    for life in range(3):
        wires.start("alpha", "10.0.0.1", key=KEY, demands_credentials=True)
        wires.start("beta", "10.0.0.2", "10.0.0.1", key=KEY, demands_credentials=True)
        wires.run(5.0)
        if life < 2:
            wires.stop("alpha")
            wires.stop("beta")
    proofs = [message.get("proof") for _, _, message in wires.written if message.command in ("CHALLENGE", "PROOF")]
    assert len(set(proofs)) == len(proofs) >= 6
    assert not any(KEY.decode() in str(message) for _, _, message in wires.written)


def test_who_is_to_be_dialled_proves_it_with_gossip(wires):
    wires.start("alpha", "10.0.0.1", "10.0.0.2", key=KEY, demands_credentials=True)
    wires.start("beta", "10.0.0.2", key=KEY, demands_credentials=True)
    wires.run(8.0)
    assert (linked(wires, "alpha"), linked(wires, "beta")) == (["beta"], ["alpha"])


# Who dials us.


def proof_of(book, name, nonce, key=KEY, **changes):
    said = {"dialler": "beta", "address": "10.0.0.9:4042", "dialled": "peer", **changes}
    challenge = book.hear(name)
    assert challenge.command == "CHALLENGE"
    meeting = Meeting(nonce, challenge.get("nonce"), **said)
    assert challenge.get("proof") == prove(KEY, End.DIALLED, meeting)
    return prove(key, End.DIALLER, meeting)


def test_who_proves_it_is_linked(keyed):
    book = keyed().run(f"+ A remote\nA > {CONNECT};nonce={NONCE}")
    book.run(f"A > PROOF proof={proof_of(book, 'A', NONCE)}")
    assert book.hear("A").command == "ACCEPT"
    assert peers(book) == ["beta"]


@pytest.mark.parametrize(
    "wrong", [{"key": OTHER}, {"dialler": "gamma"}, {"address": "10.0.0.8:4042"}, {"dialled": "other"}]
)
def test_who_proves_something_else_is_refused_and_has_failed(keyed, wrong):
    book = keyed().run(f"+ A remote\nA > {CONNECT};nonce={NONCE}")
    key = wrong.pop("key", KEY)
    [nonce] = [book.heard[book.links["A"]][0].get("nonce")]
    said = {"dialler": "beta", "address": "10.0.0.9:4042", "dialled": "peer", **wrong}
    proof = prove(key, End.DIALLER, Meeting(NONCE, nonce, **said))
    book.play(
        f"A < ...\nA > PROOF proof={proof}\nA < REFUSE message=it has not our cluster key (auth.key_file)\nA < EOF"
    )
    assert peers(book) == []
    assert book.router.standing("10.0.0.9", book.monotonic_s).name == "FAILED"


def test_a_proof_is_good_for_one_link(keyed):
    book = keyed().run(f"+ A remote\nA > {CONNECT};nonce={NONCE}")
    proof = proof_of(book, "A", NONCE)
    book.run(f"+ B remote\nB > {CONNECT};nonce={NONCE}\nB < ...\nB > PROOF proof={proof}")
    book.play("B < REFUSE message=*\nB < EOF")


def test_our_own_proof_is_no_proof_of_another(keyed):
    book = keyed().run(f"+ A remote\nA > {CONNECT};nonce={NONCE}")
    echo = book.hear("A").get("proof")
    book.play(f"A > PROOF proof={echo}\nA < REFUSE message=*\nA < EOF")


@pytest.mark.parametrize("said", [CONNECT, f"{CONNECT};nonce=", f"{CONNECT};nonce=zz"])
def test_who_can_prove_nothing_is_refused(keyed, said):
    book = keyed().play(f"+ A remote\nA > {said}\nA < REFUSE message=*\nA < EOF")
    assert peers(book) == []


def test_nobody_is_asked_twice_or_may_prove_what_was_not_asked(keyed):
    book = keyed().play(f"+ A remote\nA > PROOF proof={NONCE}\nA < INVALID command=PROOF;message=*")
    book.run(f"A > {CONNECT};nonce={NONCE}\nA < ...")
    book.play(f"A > {CONNECT};nonce={NONCE}\nA < REFUSE message=*\nA < EOF")


def test_a_certificate_or_a_password_is_enough(keyed, credential):
    book = keyed(passwords={("user", "horse"): credential("router", "beta")})
    book.run(f"+ A secure certificate=beta\nA > {CONNECT};nonce={NONCE}\nA < ...\nA x")
    book.run(f"+ B remote\nB > {CONNECT};username=user;password=horse")
    assert book.hear("B").command == "ACCEPT"


def test_the_key_opens_nothing_for_a_service(keyed):
    book = keyed().run(f"+ A remote\nA > {CONNECT};nonce={NONCE}")
    book.run(f"A > PROOF proof={proof_of(book, 'A', NONCE)}\nA < ...")
    book.play(
        f"+ C remote\nC > REGISTER service=printer;version=1;nonce={NONCE}\nC < INVALID command=REGISTER;message=*"
    )


def test_gossip_of_an_unknown_address_takes_a_proof(keyed):
    book = keyed().run(f"+ A remote\nA > {GOSSIP};nonce={NONCE}")
    proof = proof_of(book, "A", NONCE, dialler="", address="10.0.0.4:4042")
    book.play(f"A > PROOF proof={proof}\nA < RECEIVED")
    assert [member.address for member in book.router._board.mesh.book.members()] == ["10.0.0.4:4042"]


def test_with_another_key_all_who_came_with_the_old_one_are_cut(keyed):
    book = keyed().run(f"+ A remote\nA > {CONNECT};nonce={NONCE}")
    book.run(f"A > PROOF proof={proof_of(book, 'A', NONCE)}\nA < ...")
    book.handle(CredentialsRevoked(frozenset((KEY_HOLDER.username,))))
    book.play("A < EOF")
    assert peers(book) == []


# Whom we dial.


@pytest.fixture
def dialled(keyed):
    """A router that has dialled gamma, which says of itself what the test has it say."""

    def make(kind="remote", **changes):
        book = keyed("10.0.0.2:4042", **changes).run(f"+ R {kind} dial=1")
        return book, book.hear("R").get("nonce")

    return make


def challenge(nonce, key=KEY, server="gamma", dialler="peer", address="10.0.0.5:4042"):
    proof = prove(key, End.DIALLED, Meeting(nonce, NONCE, dialler, address, server))
    return f"CHALLENGE server_name={server};nonce={NONCE};proof={proof}"


def test_whom_we_dial_has_to_prove_it_first(dialled):
    book, nonce = dialled()
    book.run(f"R > {challenge(nonce)}")
    proof = prove(KEY, End.DIALLER, Meeting(nonce, NONCE, "peer", "10.0.0.5:4042", "gamma"))
    assert book.hear("R").parameters == {"proof": proof}
    book.run(f"R > ACCEPT {OFFER}")
    assert peers(book) == ["gamma"]


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        ({"key": OTHER}, "remote"),
        ({"dialler": "other"}, "remote"),
        ({"server": "mallory"}, "secure certificate=gamma"),  # it passes on what another one proves
    ],
)
def test_to_whom_has_not_our_key_or_another_name_we_prove_nothing(dialled, wrong, kind):
    book, nonce = dialled(kind)
    book.play(f"R > {challenge(nonce, **wrong)}\nR < EOF")
    assert peers(book) == []


def test_who_proves_nothing_is_not_linked(dialled):
    book, _ = dialled()
    book.play(f"R > ACCEPT {OFFER}\nR < EOF")
    assert peers(book) == []
    assert "it has not proven" in str(book.notices)


def test_who_proves_to_be_one_server_is_no_other(dialled):
    book, nonce = dialled()
    book.run(f"R > {challenge(nonce, server='delta')}\nR < ...")
    book.play(f"R > ACCEPT {OFFER}\nR < EOF")


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"username": "me", "password": "horse", "allow_cleartext_password": True}, "remote"),  # not all have keys yet
        ({"demands_credentials": False}, "remote"),
        ({}, "secure certificate=gamma"),
    ],
)
def test_where_no_key_is_demanded_an_older_router_is_linked(dialled, changes, kind):
    book, _ = dialled(kind, **changes)
    book.run(f"R > ACCEPT {OFFER}")
    assert peers(book) == ["gamma"]


def test_we_are_challenged_once_and_only_where_we_have_a_key(dialled, mesh):
    book, nonce = dialled()
    book.run(f"R > {challenge(nonce)}\nR < ...")
    book.play(f"R > {challenge(nonce)}\nR < INVALID command=CHALLENGE;message=*")
    book = mesh("10.0.0.2:4042").run("+ R remote dial=1")
    assert not book.hear("R").get("nonce")
    book.play(f"R > {challenge(NONCE)}\nR < INVALID command=CHALLENGE;message=*")


def test_a_challenge_without_a_nonce_is_refused(dialled):
    book, _ = dialled()
    book.play("R > CHALLENGE server_name=gamma;nonce=x;proof=y\nR < INVALID command=CHALLENGE;message=*")
