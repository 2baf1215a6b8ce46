"""Proofs that a router has the key of the cluster, which is never said itself; it says and asks nothing.

Each end draws a number that is used once, by the key itself, its own life and the number of the link: nobody without the key can
foresee it, and no two are alike. A proof is an HMAC (RFC 2104) with SHA-256 over both numbers, which end it is of, and who both say
they are. So none counts a second time, in the other direction, or for another name.
"""

import hmac
import re
from enum import StrEnum

import msgspec

from communicator.router.vocabulary.config import RouterConfig
from communicator.router.vocabulary.events import Credential, Opens

KEY_HOLDER = Credential("(cluster key)", Opens.ROUTER, frozenset(("*",)))
"""What the key opens; no user of a password file can be called so."""
_DOMAIN = "bellwether router 1"
"""Of these proofs alone: the same key may serve the timekeepers."""
_HEX = re.compile(r"[0-9a-f]{64}")


class End(StrEnum):
    """Whose proof it is."""

    DIALLED = "dialled"
    DIALLER = "dialler"


class Meeting(msgspec.Struct, frozen=True):
    """What both ends of a link know before one of them proves anything."""

    nonce_of_dialler: str
    nonce_of_dialled: str
    dialler: str
    """Its server."""
    address: str
    """The ``my_address`` of the dialler."""
    dialled: str
    """Its server; empty where it has not said so."""


def draw_nonce(config: RouterConfig, link_id: int) -> str:
    """The number of this end that is used once, on this link of this life."""
    return _digest(config.cluster.key, "nonce", config.boot_id, str(link_id))


def is_nonce(text: str) -> bool:
    """Whether this is one that another end may have drawn."""
    return _HEX.fullmatch(text) is not None


def prove(key: bytes, end: End, meeting: Meeting) -> str:
    """The proof of one end."""
    return _digest(key, end, *msgspec.structs.astuple(meeting))


def is_proof(text: str, key: bytes, end: End, meeting: Meeting) -> bool:
    """Whether this is the proof of that end, told in a time that says nothing of the right one."""
    return hmac.compare_digest(text.encode(errors="surrogatepass"), prove(key, end, meeting).encode())


def _digest(key: bytes, *parts: str) -> str:
    """Over parts of any content: each begins with its length, so that no two lists look alike."""
    encoded = [part.encode(errors="surrogatepass") for part in (_DOMAIN, *parts)]
    return hmac.digest(key, b"".join(b"%d:%s" % (len(part), part) for part in encoded), "sha256").hex()
