"""PURE: the definition of one feature flag, which is replaced as a whole; how two accounts of it become one.

Of two definitions of a flag the one with the larger stamp counts. Whoever defines a flag takes a counter one above the largest it
has seen. A definition that says that the flag is removed stays for a month, so that an older one does not come back meanwhile.
"""

import hashlib
import math
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from canary.book.decision import Name
from canary.book.entry import TOMBSTONE_S
from canary.book.order import Feature
from communicator.answers.features import DEFINITION_BYTES
from communicator.answers.policy import Text
from communicator.protocol.names import is_server_name

COUNTER_MAX = 2**53
COUNTER_AHEAD = 10**6
"""How far the counter of a definition may be ahead of the one that is known: nobody defines one flag so often."""
AGE_MAX_S = 100 * 365 * 86_400.0
"""A definition lasts for ever; what says that it is older does not know its age."""
NESTED = 128
"""How deep a definition may be nested: what is deeper breaks readers, and no person wrote it."""
_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"|[][{}]')
"""Strings, so that the brackets in them do not count, and brackets."""
Path = Annotated[str, Meta(max_length=512)]


class Stamp(msgspec.Struct, frozen=True, order=True, array_like=True, gc=False):
    """Which definition of a flag it is: the larger one is the newer one."""

    counter: Annotated[int, Meta(ge=1, le=COUNTER_MAX)]
    origin: Name
    """The server whose canary took it."""


class DefinitionTold(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="definition", tag_field="what"):
    """A definition as it is told to others, and kept in a file: hosts share no clock, so its time is an age."""

    feature: Feature
    stamp: Stamp
    flag: msgspec.Raw = msgspec.Raw(b"null")
    """In flagd's form; null: the flag is removed."""
    file: Path = ""
    user: Text = ""
    given_on: Text = ""
    reason: Text = ""
    wall_s: float = 0.0
    age_s: Annotated[float, Meta(ge=0, le=AGE_MAX_S)] = 0.0


class Definition(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a feature flag is, its time on the clock of this host."""

    feature: str
    stamp: Stamp
    flag: bytes | None
    """In flagd's form; None: the flag is removed."""
    at_s: float
    """When it was defined so."""
    file: str = ""
    """The file that says so, with its host, such as ``alpha:/etc/bellwether/features.d/web.json``; empty: a command did."""
    user: str = ""
    """Who defined it so,"""
    given_on: str = ""
    """and on which server."""
    reason: str = ""
    wall_s: float = 0.0
    """Since 1970, by the origin's wall clock: for people only."""

    is_open: ClassVar[bool] = False
    """It is no order."""

    @property
    def id(self) -> str:
        """Its identifier in the book: a digest of the flag's name."""
        return id_of_feature(self.feature)

    @property
    def by(self) -> str:
        """Who defined it, for people."""
        return f"{self.user}@{self.given_on}"

    @property
    def ends_s(self) -> float:
        """When it is forgotten: a month after the flag was removed."""
        return math.inf if self.flag is not None else self.at_s + TOMBSTONE_S

    @property
    def size_bytes(self) -> int:
        """What it takes."""
        return 0 if self.flag is None else len(self.flag)

    @property
    def spreads(self) -> object:
        """What is the same everywhere once it has spread: all of it but the time."""
        return (self.stamp, self.flag, self.file, self.user, self.given_on, self.reason, self.wall_s)

    def join(self, other: "Definition") -> "Definition":
        """What two accounts of the same flag come to."""
        if self.stamp != other.stamp:
            return self if self.stamp > other.stamp else other
        return max(self, other, key=_weight)

    def expire(self, _now_s: float) -> None:
        """It is forgotten, and leaves nothing behind."""

    def tell(self, now_s: float) -> DefinitionTold:
        """It, as it is told now."""
        return DefinitionTold(
            feature=self.feature,
            stamp=self.stamp,
            flag=msgspec.Raw(b"null" if self.flag is None else self.flag),
            file=self.file,
            user=self.user,
            given_on=self.given_on,
            reason=self.reason,
            wall_s=self.wall_s,
            age_s=min(max(0.0, now_s - self.at_s), AGE_MAX_S),
        )

    def aged(self, span_s: float) -> "Definition":
        """It, had it been told so much earlier."""
        return msgspec.structs.replace(self, at_s=self.at_s - span_s)


@lru_cache(maxsize=16_384)  # of as many flags as a book has: each is asked for again and again when it changes
def id_of_feature(feature: str) -> str:
    """The identifier of the definition of a flag, in the book.

    Args:
        feature: The flag's name.
    """
    return hashlib.sha256(f"feature/{feature}".encode()).hexdigest()[:32]


def read_definition(told: DefinitionTold, now_s: float) -> Definition:
    """Read what somebody tells of a flag.

    Whether the flag makes sense was looked at where it was defined, and is looked at where it is evaluated: releases may differ in
    that, and books must not.

    Args:
        told: As it came, its types and lengths looked at.
        now_s: On the clock of this host.

    Raises:
        ValueError: It makes no sense; the text names what is wrong.
    """
    require_sound_definition(told)
    flag = bytes(told.flag)
    return Definition(
        feature=told.feature,
        stamp=told.stamp,
        flag=None if flag.strip() == b"null" else flag,
        at_s=now_s - told.age_s,
        file=told.file,
        user=told.user,
        given_on=told.given_on,
        reason=told.reason,
        wall_s=told.wall_s,
    )


def require_sound_definition(told: DefinitionTold) -> None:
    """See to it that books take a definition; types and lengths were looked at when it was read.

    Raises:
        ValueError: They do not; the text names what is wrong.
    """
    fault = next(_faults(told), "")
    if fault:
        raise ValueError(f"the flag {told.feature!r}: {fault}")


def _faults(told: DefinitionTold) -> Iterator[str]:
    flag = bytes(told.flag)
    if not is_server_name(told.stamp.origin):
        yield f"origin {told.stamp.origin!r} is not a server name"
    if not math.isfinite(told.wall_s):
        yield f"wall_s {told.wall_s!r} is no time"
    if len(flag) > DEFINITION_BYTES:
        yield f"its definition has {len(flag)} bytes (limit {DEFINITION_BYTES})"
    elif flag.count(b"{") + flag.count(b"[") > NESTED and _depth(flag) > NESTED:  # counting is cheap, and most have few
        yield f"its definition is nested deeper than {NESTED} levels"
    elif not isinstance(msgspec.json.decode(flag), dict | None):
        yield "its definition is neither a JSON object nor null"


def _depth(flag: bytes) -> int:
    depths = accumulate((token in b"[{") - (token in b"]}") for token in _BRACKETS.findall(flag))
    return max(depths, default=0)


def _weight(definition: Definition) -> tuple[bytes, float]:
    """Who defines two things under one stamp was put back to an old state, or lies; any counts, but everywhere the same."""
    return msgspec.json.encode(definition.spreads), -definition.at_s
