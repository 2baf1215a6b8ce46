"""Many clients that show wrong passwords at once, and what each is told; it must not know who else talks to the router."""

import re
import selectors
import socket
import time
from collections import Counter
from dataclasses import dataclass
from multiprocessing.connection import Connection

from benchmarks.load import JOIN_TIMEOUT_S, READ_BYTES, Address, close_all

AT_ONCE_S = 3.0
"""Sooner than any time-out of a router."""
_REASON = re.compile(rb'message=(?:"([^"]*)"|([^;\n]*))')
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class AttackPlan:
    """So many links, opened as fast as they are taken; each says REGISTER with a wrong password and waits for what follows."""

    address: Address
    count: int
    sources: int
    """From how many addresses, 127.0.1.1 and on, in turn."""
    stop_s: float
    """How long after the start whoever still waits gives up."""


@dataclass(frozen=True, slots=True)
class Attacked:
    """How the attempts ended."""

    elapsed_s: float
    reasons: dict[str, int]
    """What was said to how many; a number in it is written as N."""


def attack(plan: AttackPlan, control: Connection) -> None:
    """Attack; answers once when it begins and once when nobody waits any more."""
    control.send("ready")
    start_s = time.monotonic()
    reasons: Counter[str] = Counter()
    links: dict[socket.socket, bytes] = {}
    with selectors.DefaultSelector() as selector:
        try:
            for number in range(plan.count):
                try:
                    link = _attempt(plan, number)
                except OSError as error:
                    reasons[f"no link: {error.strerror or error}"] += 1
                    continue
                links[link] = b""
                selector.register(link, selectors.EVENT_READ, link)
            while links and time.monotonic() < start_s + plan.stop_s:
                for key, _ in selector.select(0.1):
                    link = key.data
                    data = _read(link)
                    links[link] += data
                    if not data:
                        selector.unregister(link)
                        reasons[reason_of(links.pop(link), time.monotonic() - start_s)] += 1
                        link.close()
            reasons["no answer yet"] += len(links)
        finally:
            close_all(list(links))
    control.send(Attacked(time.monotonic() - start_s, dict((+reasons).most_common())))


def reason_of(answer: bytes, elapsed_s: float) -> str:
    """Why an attempt was turned away.

    Args:
        answer: All that came; numbers in it differ, and are left out.
        elapsed_s: How long after the start of the attack the link was closed.
    """
    found = _REASON.search(answer)
    if found is None and not answer:
        return "closed without a word, " + ("at once" if elapsed_s < AT_ONCE_S else f"after {elapsed_s:.0f} s")
    if found is None:
        return f"told {answer[:60]!r}"
    return _NUMBER.sub("N", (found[1] or found[2] or b"").decode(errors="replace"))


def _attempt(plan: AttackPlan, number: int) -> socket.socket:
    link = socket.socket()
    try:
        source = number % plan.sources
        link.bind((f"127.0.{1 + source // 250}.{1 + source % 250}", 0))
        link.settimeout(JOIN_TIMEOUT_S)
        link.connect(plan.address)
        link.sendall(b"REGISTER service=intruder_%d;version=1;username=intruder;password=guess_%d\n" % (number, number))
    except OSError:
        link.close()
        raise
    link.settimeout(0)
    return link


def _read(link: socket.socket) -> bytes:
    try:
        return link.recv(READ_BYTES)
    except ConnectionError:
        return b""
