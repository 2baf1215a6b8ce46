"""Who may enter from another host: passwords are checked before anything else is read, certificates name servers."""

from communicator.errors import ProtocolError
from communicator.protocol.line_form import decode
from communicator.protocol.message import Message
from communicator.router.mesh.gatekeeper import Outcome, Refusal
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.config import RouterConfig
from communicator.router.vocabulary.effects import CheckCredential, KeepOut, Level
from communicator.router.vocabulary.events import CloseReason, Credential, CredentialsRevoked, Instant, Opens
from communicator.router.vocabulary.registry import Link, Registry

CARRY_CREDENTIALS = frozenset(("CONNECT", "REGISTER", "GOSSIP"))
"""What a stranger may show a password with."""
BLOCK_PERIOD = "5m"
"""How long we ask for an address to be kept out; whoever guesses goes on is blocked again."""


def find_place(board: Switchboard, link: Link, now: Instant) -> Link | None:
    """Give a stranger a place, or let it go at once; who is to leave for it, or None."""
    mesh = board.mesh
    standing = mesh.sources.standing(link.ip, now.monotonic_s)
    entrance = mesh.strangers.enter(link, standing, board.config.limits.strangers, now.monotonic_s)
    if not entrance.is_in:
        board.close(link, CloseReason.LIMIT)
    return entrance.leaves


def must_wait(board: Switchboard, link: Link, message: Message, line: bytes, now: Instant) -> bool:
    """Have the password of a stranger checked before its message is looked at.

    Args:
        board: The router's state.
        link: Who speaks.
        message: What was said.
        line: The same, as it came; it is dealt with again when the answer is there.
        now: The time.

    Returns:
        Whether the line waits, or has been refused already.
    """
    if not link.is_stranger:
        return False
    board.mesh.strangers.heard(link)
    if link.credential is not None or message.command not in CARRY_CREDENTIALS:
        return False
    username, password = message.get("username"), message.get("password")
    if not (username and password):
        return False
    board.hold(link, line)
    _follow(board, board.mesh.gate.ask(link.id, link.ip, username, password, now.monotonic_s))
    return True


def credential_checked(board: Switchboard, number: int, credential: Credential | None, now: Instant) -> None:
    """A password was checked: its owner goes on or goes away, and the next one is checked."""
    outcome = board.mesh.gate.checked(number, credential is not None, now.monotonic_s)
    link = board.registry.links.get(number)
    if credential is None:
        _turn_away(board, Refusal(number, "wrong username or password"))
    elif link is not None and not link.closing:
        link.credential = credential
    _follow(board, outcome)


def _follow(board: Switchboard, outcome: Outcome) -> None:
    """Do what the gatekeeper says: whoever keeps the firewall is asked, too, to keep an address out."""
    if outcome.block:
        board.notice(Level.WARNING, "address_blocked", ip=outcome.block, failures=outcome.wrong)
        reason = f"{outcome.wrong} wrong passwords"
        board.tell_listeners("BLOCK", uri=outcome.block, period=BLOCK_PERIOD, reason=reason)
    for refusal in outcome.refused:
        _turn_away(board, refusal)
    if outcome.keep_out:
        board.notice(Level.WARNING, "address_kept_out", ip=outcome.keep_out, for_s=round(outcome.keep_out_s, 1))
        board.ask(KeepOut(outcome.keep_out, outcome.keep_out_s))
    if (due := outcome.next) is not None:
        board.ask(CheckCredential(due.link_id, due.username, due.password, due.standing))


def why_not(config: RouterConfig, link: Link, opens: Opens, name: str) -> str:
    """Why this link may not be that server, or that service; empty when it may.

    Args:
        config: Who we are, and the rules of this host.
        link: A link from another host.
        opens: What it wants to be.
        name: As what; empty when any name will do.
    """
    if opens is Opens.ROUTER and link.certificate is not None:
        if not name or name in link.certificate:
            return ""
        return f"the certificate is not for {name!r}"
    credential = link.credential
    if credential is not None:
        allowed = credential.allows(opens, name) if name else credential.opens is opens
        return "" if allowed else f"the password of {credential.username!r} is not for {opens} {name!r}"
    if opens is Opens.ROUTER and not config.cluster.demands_credentials:
        return ""
    is_key = opens is Opens.ROUTER and config.cluster.key
    return (
        f"a {opens} from another host has to show username and password{' or prove the cluster key' if is_key else ''}"
    )


def revoke(registry: Registry, event: CredentialsRevoked) -> list[Link]:
    """The links whose password or certificate no longer counts."""
    return [
        link
        for link in registry.links.values()
        if link.id in event.links or (link.credential is not None and link.credential.username in event.usernames)
    ]


def refuse_peer(board: Switchboard, link: Link, reason: str, **parameters: str) -> None:
    """Tell another router that it is not taken, and close its link."""
    why = "ending" if "shutdown" in parameters else "name" if "conflict" in parameters else "credentials"
    board.statistics.peers_refused[why] += 1
    board.notice(Level.WARNING, "router_refused", link=link.name, reason=reason)
    board.answer(link, "REFUSE", message=reason, **parameters)
    board.close(link, CloseReason.AUTH if not parameters else CloseReason.PROTOCOL)


def _turn_away(board: Switchboard, refusal: Refusal) -> None:
    """Turn a link away whose line waits; what it said is forgotten, for it holds a password."""
    link = board.registry.links.get(refusal.link_id)
    if link is None or link.closing:
        return
    line, link.parked = link.parked, b""
    link.is_parked = False
    try:
        command = decode(line.partition(b"\n")[0]).command
    except ProtocolError:
        command = ""
    board.statistics.auth_failures[link.kind] += 1
    if command == "REGISTER":
        board.notice(Level.WARNING, "credentials_refused", link=link.name, reason=refusal.reason)
        board.refuse(link, command, refusal.reason)
        board.close(link, CloseReason.AUTH)
    else:
        refuse_peer(board, link, refusal.reason)
