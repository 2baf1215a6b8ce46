"""PURE: the addresses the page links to, relative to the page, and the ids its links are found by; it knows no HTML."""

from hashlib import blake2s
from urllib.parse import urlencode, urlsplit

from communicator.wording.releases import NO_VERSION


def explain_query(server: str, service: str, version: str, build: str) -> str:
    """The query that asks why a version on a server is where it is."""
    told = {"server": server, "service": service, "version": version or NO_VERSION, "build": build}
    return urlencode({name: value for name, value in told.items() if value}, errors="replace")


def host_query(host: str) -> str:
    """The query that asks for all that is known of one clock."""
    return urlencode({"host": host}, errors="replace")


def stable_id(kind: str, *parts: str) -> str:
    """An id that is the same at each refresh, whatever characters a name has, so that what has the focus keeps it."""
    digest = blake2s("\0".join(parts).encode(errors="replace"), digest_size=6)
    return f"{kind}-{digest.hexdigest()}"


def web_address(address: str) -> str:
    """The address if a browser may be sent there; empty otherwise: a flag file could hold ``javascript:``."""
    try:
        split = urlsplit(address)
    except ValueError:
        return ""
    return address if split.scheme in ("http", "https") and split.netloc else ""
