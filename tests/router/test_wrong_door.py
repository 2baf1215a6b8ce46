"""A client of another protocol is told so in words for people, and its link ends."""

import pytest

from communicator.protocol.first_words import OtherProtocol
from communicator.router.vocabulary.effects import Close, Notice, Send
from communicator.router.vocabulary.events import CloseReason, SpokeOtherwise


@pytest.mark.parametrize("kind", ["unix bob", "local bob", "remote", "secure"])
def test_a_browser_is_answered_in_its_own_protocol_and_let_go(playbook, kind):
    book = playbook().play(f"+ U {kind}\n")
    effects = book.router.handle(SpokeOtherwise(book.links["U"], OtherProtocol.HTTP), book.now)
    notice, answer, close = effects
    assert isinstance(notice, Notice)
    assert notice.event == "other_protocol"
    assert isinstance(answer, Send)
    head, _, body = answer.data.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert f"Content-Length: {len(body)}".encode() in head
    assert b"message router" in body
    assert b"http://127.0.0.1:9740/" in body
    assert close == Close(book.links["U"], CloseReason.PROTOCOL)


def test_a_tls_client_is_told_in_ours(playbook):
    book = playbook().play("+ U local bob\n")
    book.handle(SpokeOtherwise(book.links["U"], OtherProtocol.TLS))
    book.play("U < INVALID message=*\nU < EOF")


def test_a_link_that_is_closing_is_told_nothing_more(playbook):
    book = playbook().play("+ U unix bob\n")
    for _ in range(2):
        told = book.router.handle(SpokeOtherwise(book.links["U"], OtherProtocol.HTTP), book.now)
    assert told == []
