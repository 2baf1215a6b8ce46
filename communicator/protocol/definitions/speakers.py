"""Who may say a command, in the words of definition files (``rule = live(canary)``) and for people; who decides is the router."""

import re
from collections.abc import Mapping

_WHO_IS_MASTER = "root, the router's user, the group of its socket where [listen] group_may_stop is set"

SPEAKERS: Mapping[str, str] = {
    "alive": "anyone, even a link that has not shown yet who it is",
    "block": "root, the router's user and owners of services",
    "clock": "the live timekeeper, as far as the router is told",
    "commands": "a link of this host, or a router once it was accepted",
    "itself": "communicatord alone",
    "link": "a link of this host, or a service registered from another one",
    "live()": "the live {}",
    "load": "a service, or the communicatord of another host",
    "load_word": "the communicatord of another host, about its own",
    "master": _WHO_IS_MASTER,
    "meeting": "a router, over a link of its own",
    "member": "a linked router that runs Bellwether",
    "operator()": "root, the router's user and the owner of {}",
    "own()": "the live {}, about its own server",
    "register": "a service, over a link of its own",
    "router": "a linked router",
    "run": "a service about its own run; root, the router's user and the owner of canary about any of this server",
    "shutdown": f"{_WHO_IS_MASTER}; a linked router where [cluster] remote_shutdown is set",
}
"""Each word, with ``()`` where it takes the name of a service, and whom it means."""
_WORD = re.compile(r"([a-z_]+)(?:\(([a-z_]+)\))?")


def split_rule(rule: str) -> tuple[str, str]:
    """A rule as its word, as in `SPEAKERS`, and the service it names; empty where it names none.

    Args:
        rule: As it stands in a definition.

    Raises:
        ValueError: It is no such word, or names a service without need, or none.
    """
    matched = _WORD.fullmatch(rule)
    word, service = (matched[1], matched[2] or "") if matched else ("", "")
    word += "()" * bool(service)
    if word not in SPEAKERS:
        raise ValueError(f"{rule[:60]!r} is none of {', '.join(SPEAKERS)}")
    return word, service


def describe_rule(rule: str) -> str:
    """Whom a rule means, for people.

    Raises:
        ValueError: It is none; see `split_rule`.
    """
    word, service = split_rule(rule)
    return SPEAKERS[word].format(service)
