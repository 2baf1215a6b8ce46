"""PURE: SERVICES, and what routers tell each other of services: each instance of one, wherever it runs."""

from enum import StrEnum
from typing import Annotated, Literal

import msgspec

TEXT_CHARACTERS = 256
"""Twice the longest name."""
COMMANDS_MAX = 10_000
"""Above what any setting of ours is meant for."""

_Text = Annotated[str, msgspec.Meta(max_length=TEXT_CHARACTERS)]
_Port = Annotated[int, msgspec.Meta(ge=1, le=65_535)]


class Role(StrEnum):
    """What a registration is there for."""

    LIVE = "live"
    STANDBY = "standby"
    SHADOW = "shadow"
    PROBE = "probe"

    @property
    def hears_broadcasts(self) -> bool:
        """Whether broadcasts of other services reach it: a shadow or a probe must not act on them."""
        return self in (Role.LIVE, Role.STANDBY)


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """A version that the policy of the router keeps out, and so may be missed among the instances."""

    service: _Text
    server: _Text
    """Where; ``*`` stands for everywhere."""
    version: _Text = ""
    build: _Text = "*"
    left_s: float
    """For how long yet, in seconds."""
    reason: _Text = ""


class Instance(msgspec.Struct, frozen=True):
    """One instance of a service."""

    service: _Text
    server: _Text = ""
    version: _Text = ""
    build: _Text = ""
    role: Role = Role.LIVE
    state: Literal["up", "down", "blocked"] = "up"
    up_since: int | None = None
    """Seconds since the epoch."""
    address: _Text = ""
    """The cluster address of its server."""
    pid: int | None = None
    boot_id: _Text = ""
    """Of the router of its server."""
    metrics_port: _Port | None = None
    probe_port: _Port | None = None
    commands: Annotated[tuple[_Text, ...], msgspec.Meta(max_length=COMMANDS_MAX)] = ()
    """Of a service that is away: what it, or else its package, is known to have listed."""
    description: _Text = ""
    """What its package says that it is for."""

    @property
    def hears_broadcasts(self) -> bool:
        """Whether it is there, and broadcasts reach it when it lists their command."""
        return self.state == "up" and self.role.hears_broadcasts
