"""PURE: one order of an operator, as it stands in the book: what, about what, for how long, who and why; it obeys none of them."""

import hashlib
import math
from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from canary.records.names import ALL
from communicator.answers.policy import PROTECTED, Text
from communicator.protocol.names import is_server_name, is_service_name

LONGEST_S = 30 * 86_400.0
"""An order that lasts longer than a month was forgotten, not wanted."""
REASON_CHARACTERS = 256
"""A reason is a sentence and the number of a ticket: it is told to every host, and shown in one line."""
OVERRIDES = ("block", "allow", "pin")
"""The kinds that say whether a version may run; `allow` and `pin` let it."""
OVER = 500
"""Orders that one order may stand above: as many as may be in force."""

Kind = Literal["block", "allow", "pin", "pardon", "freeze", "unfreeze", "off"]
"""`pardon` and `unfreeze` are obeyed once on each host, the others for as long as they are in force.
`off` is about a feature flag, all others about versions."""
Id = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
"""See `id_of`."""
Feature = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}\Z")]
"""The name of a feature flag."""


class Order(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """What was ordered. It never changes: whether it is still in force stands beside it.

    Its defaults belong to the format, since its identifier is made of what is written.
    """

    kind: Kind
    server: Text = ALL
    """Where it is in force; `ALL`: everywhere."""
    service: Text = ""
    """Empty, of a freeze: every one."""
    version: Text = ""
    """Empty: the one of a service that tells none."""
    build: Text = ALL
    span_s: Annotated[float, Meta(gt=0, le=LONGEST_S)] | None = None
    """For how long it was given; None, of an `off`: until it is lifted."""
    reason: Annotated[str, Meta(min_length=1, max_length=REASON_CHARACTERS)]
    user: Text
    """Who gave it,"""
    given_on: Text = ""
    """and on which server, as the router there wrote it."""
    origin: Text
    """The server whose canary took it."""
    nonce: Annotated[str, Meta(min_length=16, max_length=32)]
    """Random, so that no two orders are the same."""
    wall_s: float = 0.0
    """Since 1970, by the origin's wall clock: for people only."""
    over: Annotated[tuple[Id, ...], Meta(max_length=OVER)] = ()
    """Of an `allow` or a `pin`: the blocks that it was given in sight of, and that do not hold where it does."""
    feature: Feature = ""
    """Of an `off`: which flag. It is not written where it is empty."""

    @property
    def by(self) -> str:
        """Who gave it, for people."""
        return f"{self.user}@{self.given_on}"

    @property
    def longest_s(self) -> float:
        """How long it may be in force."""
        return math.inf if self.span_s is None else self.span_s

    def covers(self, other: "Order") -> bool:
        """Whether it speaks of all that another one speaks of."""
        same = (self.service, self.version) == (other.service, other.version)
        return same and self.server in (ALL, other.server) and self.build in (ALL, other.build)

    def touches(self, other: "Order") -> bool:
        """Whether there is a version on a server of which both speak."""
        same = (self.service, self.version) == (other.service, other.version)
        meets = all(
            ALL in pair or pair[0] == pair[1] for pair in ((self.server, other.server), (self.build, other.build))
        )
        return same and meets


def id_of(order: Order) -> str:
    """The identifier of an order: a digest of all that it says, so that nobody can tell another order under the same one."""
    return hashlib.sha256(msgspec.json.encode(order)).hexdigest()[:32]


def require_sound(order: Order) -> None:
    """See to it that an order makes sense; types and lengths were looked at when it was read.

    Raises:
        ValueError: It makes none; the text names what is wrong.
    """
    fault = next(_faults(order), "")
    if fault:
        raise ValueError(fault)


def _faults(order: Order) -> Iterator[str]:
    if order.server != ALL and not is_server_name(order.server):
        yield f"server {order.server!r} is neither a server name nor {ALL!r}"
    if not is_server_name(order.origin):
        yield f"origin {order.origin!r} is not a server name"
    if order.service and not is_service_name(order.service):
        yield f"service {order.service!r} is not a service name"
    if not order.service and order.kind not in ("freeze", "unfreeze", "off"):
        yield f"{order.kind} names no service"
    if (order.feature != "") != (order.kind == "off"):
        yield f"{order.kind} names {f'the flag {order.feature!r}' if order.feature else 'no flag'}"
    if order.span_s is None and order.kind != "off":
        yield f"{order.kind} names no span"
    if order.kind == "block" and order.service in PROTECTED:
        yield f"{order.service!r} is never blocked: without it nobody could take the block away"
    if not math.isfinite(order.wall_s):
        yield f"wall_s {order.wall_s!r} is no time"
