"""Reads the ``cache`` key of a ``.service`` file as strictly as a file of ours must be; what it means is the cache's business."""

from communicator.errors import RemoteProtocolError
from communicator.protocol.values import parse_duration_s
from communicator.router.vocabulary.cache_policy import LONGEST_TTL_S, SHORTEST_TTL_S, CachePolicy, parse_cache_policy

_TTL = "ttl="


def read_cache_policy(value: str) -> CachePolicy:
    """Read what a message may say too: ``no``, ``reply`` and ``ttl=DURATION``, separated by ``;``.

    What a message says wrongly is ignored; a file says it for years.

    Raises:
        ValueError: A token is none of these, or does nothing beside the others.
    """
    tokens = [token.strip() for token in value.split(";")]
    for token in tokens:
        if token.startswith(_TTL):
            _check_ttl(token.removeprefix(_TTL))
        elif token not in ("no", "reply"):
            raise ValueError(f"{token!r} is none of no, reply and ttl=DURATION")
    if "reply" in tokens and "no" not in tokens:
        raise ValueError("'reply' counts only beside 'no': a message that is kept is not answered")
    return parse_cache_policy(value)


def _check_ttl(text: str) -> None:
    try:
        ttl_s = parse_duration_s(text)
    except RemoteProtocolError as error:
        raise ValueError(str(error)) from None
    if not SHORTEST_TTL_S <= ttl_s <= LONGEST_TTL_S:
        raise ValueError(f"'ttl={text}' is not between {SHORTEST_TTL_S:g} and {LONGEST_TTL_S:g} seconds")
