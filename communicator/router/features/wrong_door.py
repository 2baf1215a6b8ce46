"""What a client of another protocol is told, in words that help a person who has mistyped an address; its link then ends."""

from communicator.protocol.first_words import OtherProtocol
from communicator.router.cores.voice import Voice
from communicator.router.vocabulary.effects import Level
from communicator.router.vocabulary.registry import Link

_PAGE = """This is communicatord, the message router of Bellwether. It does not speak HTTP.

The page about this cluster is served by bellwether-exporter: http://127.0.0.1:9740/ unless its setting 'listen' says otherwise.
Commands for the router: bellwether --help
"""
_HTTP_ANSWER = (
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n"
    f"Content-Length: {len(_PAGE)}\r\nConnection: close\r\n\r\n{_PAGE}"
).encode()
_NO_TLS = "this door does not speak TLS: use cd:// and not cds://, or the port of 'listen.secure'"


def turn_away(voice: Voice, link: Link, protocol: OtherProtocol) -> None:
    """Answer the first words of another protocol; nothing of what was said is repeated.

    Args:
        voice: What the router says.
        link: Who spoke.
        protocol: What it takes us for.
    """
    voice.notice(Level.WARNING, "other_protocol", link=link.name, protocol=protocol)
    if protocol is OtherProtocol.HTTP:
        voice.transmit(link, _HTTP_ANSWER, 1)
    else:
        voice.refuse(link, "", _NO_TLS)
