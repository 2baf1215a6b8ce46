"""PURE: what one host has to do for a deployment, at most once, and what came of it; it does nothing."""

from typing import Literal

import msgspec

OUTPUT_CHARACTERS = 2_000
"""What is kept of the output of an executor: its end, where errors stand."""
SHADOW = -2
"""The step of a task about a shadow."""
SHADOWS = 8
"""Versions of one service that run as shadows on one server, leftovers of earlier deployments among them."""

INTERRUPTED = "the canary ended while it went on: what it had started may go on"
"""Of a task whose end nobody has seen: a unit, or a command whose canary was killed where no systemd ends its processes with it."""

Verb = Literal["replace", "start", "stop", "restart"]
"""`replace`: the new version in place of the previous one. `start`: beside it. `restart`: the same version anew."""
Status = Literal["done", "failed", "refused", "timeout", "unknown"]
"""`refused`: this host does not define what was named, or may not. `unknown`: the canary ended while it went on."""


class Task(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing to be done on one host."""

    deployment: str
    """The identifier of the deployment,"""
    step: int
    """and of which step; -1: of its way back; `SHADOW`: of its shadow."""
    attempt: int
    verb: Verb
    executor: str
    service: str
    version: str
    """What is to run afterwards; of `stop`: what is stopped."""
    build: str = "*"
    previous: str = ""
    """Of `replace`: the version that ran until now; empty: none did."""
    shadows: tuple[str, ...] | None = None
    """Of a task about a shadow: the versions that run as shadows there once it is done, in the order in which they were started;
    None: it is about the service itself."""

    @property
    def is_shadow(self) -> bool:
        """Whether it is about a shadow."""
        return self.shadows is not None


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of a task."""

    status: Status
    text: str = ""
    """In a sentence."""
    output: str = ""
    """The end of what its executor printed, at most `OUTPUT_CHARACTERS`."""

    @property
    def sentence(self) -> str:
        """What came of it, with the last line of the output of one that failed, where the error mostly stands."""
        lines = [] if self.status == "done" else self.output.strip().splitlines()
        return ": ".join(filter(None, (self.text, *lines[-1:])))[:200]
