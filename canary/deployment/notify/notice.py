"""PURE: one change of a deployment, as a webhook or a command is told of it, and how it is signed."""

import hashlib
import hmac

import msgspec

from communicator.answers.deployments import Deployment, Phase

SIGNATURE = "Bellwether-Signature"
"""The header that has the signature of the body."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a deployment."""

    id: str
    """Of the deployment,"""
    number: int
    """and of the change: both together are told once, or again where the answer was lost."""
    name: str
    """Of the file of the deployment."""
    service: str
    version: str
    """What is deployed,"""
    build: str
    from_version: str
    """and what there was before; empty: nothing."""
    strategy: str
    """`canary`, `blue-green` or `shadow`."""
    phase: Phase
    """Where it stands now: `pending`, `shadow`, `preparing`, `step`, `paused`, `promoting`, `baking`, `done`, `aborting`,
    `rolled_back`, `superseded`."""
    step: int
    """From 0,"""
    steps: int
    """of so many."""
    reason: str
    """Why it is there, in a sentence."""
    needs_human: bool
    """Whether nothing moves until somebody says something."""
    next: str
    """What comes next, in words; empty: nothing."""
    by: str
    """Who started the deployment."""
    server: str
    """Whose canary tells it: the leader's."""
    wall_s: float
    """When, in seconds since 1970, by the clock of that server."""

    @property
    def key(self) -> tuple[str, int]:
        """What tells two changes apart."""
        return self.id, self.number


def notice_of(deployment: Deployment, server: str, wall_s: float) -> Notice:
    """What is told of a deployment as it stands now.

    Args:
        deployment: With its newest change.
        server: Ours.
        wall_s: The time, in seconds since 1970.
    """
    same = {name: getattr(deployment, name) for name in Notice.__struct_fields__ if hasattr(deployment, name)}
    return Notice(**same | {"steps": len(deployment.steps), "server": server, "wall_s": wall_s})


def body_of(notice: Notice) -> bytes:
    """The JSON that is posted, and that a command gets as ``{notice}``."""
    return msgspec.json.encode(notice)


def signature_of(body: bytes, secret: bytes) -> str:
    """The value of `SIGNATURE`: ``sha256=`` and the HMAC of the body, in hexadecimal digits."""
    return f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}"
