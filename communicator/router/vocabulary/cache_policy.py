"""What the ``cache`` parameter of a message asks for."""

import msgspec

from communicator.errors import RemoteProtocolError
from communicator.protocol.values import parse_duration_s

DEFAULT_TTL_S = 60.0
SHORTEST_TTL_S = 10.0
LONGEST_TTL_S = 86_400.0
"""Outside these bounds the ancestor takes the default; so do we."""


class CachePolicy(msgspec.Struct, frozen=True):
    """What the ``cache`` parameter of a message asks for."""

    keep: bool = True
    reply: bool = False
    """Tell the sender with SERVICE_UNAVAILABLE; counts only where the message is not kept."""
    ttl_s: float = DEFAULT_TTL_S


def parse_cache_policy(text: str) -> CachePolicy:
    """Read a ``cache`` parameter: tokens ``no``, ``reply`` and ``ttl=<duration>``, separated by ``;``.

    Args:
        text: The value; empty means the default. Unknown tokens are ignored, as the ancestor does.

    Returns:
        The policy; a duration that is none, or out of bounds, counts as not given.
    """
    tokens = [token.strip() for token in text.split(";")]
    ttl_s = DEFAULT_TTL_S
    for token in tokens:
        if token.startswith("ttl="):
            ttl_s = _ttl_s(token.removeprefix("ttl="))
    return CachePolicy(keep="no" not in tokens, reply="reply" in tokens, ttl_s=ttl_s)


def _ttl_s(text: str) -> float:
    try:
        wanted_s = parse_duration_s(text)
    except RemoteProtocolError:
        return DEFAULT_TTL_S
    return wanted_s if SHORTEST_TTL_S <= wanted_s <= LONGEST_TTL_S else DEFAULT_TTL_S
