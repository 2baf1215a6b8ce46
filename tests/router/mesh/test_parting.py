"""How links between routers end, and what services, operators and the address book hear of it."""

from communicator.router.vocabulary.events import CloseReason, LinkClosed
from tests.router.mesh.test_handshake import LEAF, LISTENER, events, peers, states


def test_a_leaf_leaves_in_good_order_and_is_dialled_again(mesh):
    book = mesh("10.0.0.2:4042")
    book.play(LISTENER + "+ R remote dial=1\nR < ...\nR > ACCEPT server_name=cpp;my_address=10.0.0.2:4042\nL < ...")
    book.play("R > <cpp:communicatord DISCONNECT\nL < DISCONNECTED server_name=cpp\nR < EOF\n@ 0.7")
    assert list(book.dials) == [2]
    book.play("! 2 connection refused\nL < UNREACHABLE who=10.0.0.2:4042\n@ 1.5")
    book.play("! 3 connection refused\nL < (nothing)")
    assert [notice.fields["reason"] for notice in book.notices if notice.event == "neighbor_unreachable"] == [
        "connection refused"
    ]


def test_a_leaf_hangs_up(mesh):
    book = mesh()
    book.play(LISTENER + f"+ R remote\nR > CONNECT {LEAF}\nR < ...\nL < ...\nR x\nL < HANGUP server_name=cpp")
    assert (peers(book), states(book)) == ([], {"10.0.0.9:4042": "waiting"})


def test_a_dialled_router_that_hangs_up_before_anything_was_agreed_is_tried_again(mesh):
    book = mesh("10.0.0.2:4042")
    book.play("+ R remote dial=1\nR < ...\nR x\n@ 1.5")
    assert list(book.dials) == [2]


def test_an_answer_to_a_dial_that_is_over_changes_nothing(mesh):
    book = mesh("10.0.0.2:4042")
    book.play("! 1 no route to host")
    before = len(book.effects)
    book.dials[1] = None
    book.play("! 1 no route to host")
    assert len(book.effects) == before


def test_a_link_that_we_close_is_parted_once(mesh):
    book = mesh().play(LISTENER + f"+ R remote\nR > CONNECT {LEAF}\nR < ...\nL < ...")
    book.handle(LinkClosed(book.links["R"], CloseReason.SLOW, 100))
    book.handle(LinkClosed(book.links["R"], CloseReason.SLOW, 100))
    book.play("L < HANGUP server_name=cpp")
    assert events(book).count("router_lost") == 1


def test_who_is_not_linked_cannot_disconnect(mesh):
    mesh().play(
        "+ R remote\nR > DISCONNECT\n"
        "R < INVALID command=DISCONNECT;message=only from another router, once it was accepted"
    )
