"""How routers prove to each other that they have the key of the cluster, and when a password may be said: CHALLENGE, PROOF."""

from communicator.errors import RemoteProtocolError
from communicator.protocol.addresses import plain_ip
from communicator.protocol.message import Message
from communicator.router.mesh.book.entry import Attempt
from communicator.router.mesh.cluster_key import KEY_HOLDER, End, Meeting, draw_nonce, is_nonce, is_proof, prove
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.config import RouterConfig
from communicator.router.vocabulary.effects import Level
from communicator.router.vocabulary.events import Instant, LinkKind
from communicator.router.vocabulary.registry import Link


def credentials(board: Switchboard, link: Link, attempt: Attempt) -> dict[str, str]:
    """What CONNECT and GOSSIP show of us: what the other end needs to ask for a proof, and our password where it may be said."""
    cluster = board.config.cluster
    shown = {"nonce": draw_nonce(board.config, link.id)} if cluster.key else {}
    if not cluster.username:
        return shown
    reason = _why_withheld(board, link, attempt)
    if reason:
        board.notice(Level.WARNING, "password_withheld", link=link.name, reason=reason)
        return shown
    return shown | {"username": cluster.username, "password": cluster.password}


def _why_withheld(board: Switchboard, link: Link, attempt: Attempt) -> str:
    """Why our password may not be said over this link: others could listen in, or nobody knows who would hear it."""
    cluster = board.config.cluster
    if link.kind is not LinkKind.SECURE:
        is_safe = link.is_loopback or cluster.allow_cleartext_password
        return "" if is_safe else "the link is not encrypted"
    host_port = attempt.host_port
    configured = {each.server for each in cluster.neighbors if each.host_port == host_port and each.server}
    expected = {plain_ip(host_port.host), *(configured or {board.mesh.book.server_at(str(host_port))})}
    if expected & (link.certificate or frozenset()):
        return ""
    known = ", ".join(sorted(filter(None, expected)))
    return f"its certificate is for none of {known}: name its server in cluster.neighbors, as cds://NAME@{host_port}"


def ask_for_proof(board: Switchboard, link: Link, message: Message) -> bool:
    """Ask a router that would be refused to prove that it has our key, once, if it can; its message waits meanwhile."""
    config, nonce = board.config, message.get("nonce")
    if not (config.cluster.key and is_nonce(nonce)) or link.unproven is not None or link.credential is not None:
        return False
    link.unproven = message
    own = prove(config.cluster.key, End.DIALLED, _meeting_of(config, link, message))
    board.answer(link, "CHALLENGE", server_name=config.server_name, nonce=draw_nonce(config, link.id), proof=own)
    return True


def challenge(board: Switchboard, link: Link, message: Message) -> str:
    """CHALLENGE: the router we dialled proves that it has our key, and asks for our proof.

    Returns:
        Why it is not to be linked; empty where our proof was said.

    Raises:
        RemoteProtocolError: It may not ask that.
    """
    config = board.config
    if link.dial is None or link.peer is not None or not config.cluster.key or link.proven:
        raise RemoteProtocolError("this link has not asked to be challenged")
    server, nonce = message.get("server_name"), message.get("nonce")
    if not is_nonce(nonce):
        raise RemoteProtocolError("parameter nonce is not 64 hexadecimal digits")
    attempt = board.mesh.book.attempt(link.dial)
    said = ("", attempt.told) if attempt is not None and attempt.told else (config.server_name, config.my_address)
    meeting = Meeting(draw_nonce(config, link.id), nonce, *said, server)
    if not is_proof(message.get("proof"), config.cluster.key, End.DIALLED, meeting):
        return "it has not our cluster key (auth.key_file)"
    if link.certificate is not None and server not in link.certificate:
        return f"its certificate is not for {server!r}"
    link.proven = server
    board.answer(link, "PROOF", proof=prove(config.cluster.key, End.DIALLER, meeting))
    return ""


def take_proof(board: Switchboard, link: Link, message: Message, now: Instant) -> tuple[Message, str]:
    """PROOF: the router that dialled us proves that it has our key.

    Returns:
        What it wanted, and why it is refused that; empty where its proof is right.

    Raises:
        RemoteProtocolError: It was not asked.
    """
    held, link.unproven = link.unproven, None
    config = board.config
    if held is None or not config.cluster.key:
        raise RemoteProtocolError("this link was not asked for a proof")
    if not is_proof(message.get("proof"), config.cluster.key, End.DIALLER, _meeting_of(config, link, held)):
        board.mesh.sources.note_failed(link.ip, now.monotonic_s)
        return held, "it has not our cluster key (auth.key_file)"
    link.credential = KEY_HOLDER
    board.mesh.sources.note_proven(link.ip, now.monotonic_s)
    return held, ""


def why_not_proven(config: RouterConfig, link: Link, server: str) -> str:
    """Why a router that we dialled is not believed to be one of ours; empty when it is.

    Where we show a password beside the key, some routers of the cluster know no keys yet, and so none is demanded of them.
    """
    cluster = config.cluster
    if link.proven:
        return "" if link.proven == server else f"it has proven to be {link.proven!r}, and calls itself {server!r}"
    if link.certificate is not None or not (cluster.key and cluster.demands_credentials) or cluster.username:
        return ""
    return "it has not proven that it has our cluster key (auth.key_file)"


def _meeting_of(config: RouterConfig, link: Link, message: Message) -> Meeting:
    """What we and a router that dialled us know; GOSSIP does not tell its name."""
    return Meeting(
        message.get("nonce"),
        draw_nonce(config, link.id),
        message.get("server_name"),
        message.get("my_address"),
        config.server_name,
    )
