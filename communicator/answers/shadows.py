"""PURE: shadows in what daemons tell: copies and replies on their way to the comparator, what differs, and what was discarded."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from communicator.answers.router import Fence, Mirror

Count = Annotated[int, Meta(ge=0, le=2**53)]
Number = Annotated[int, Meta(ge=-1, le=2**53)]
"""Of a message in its conversation, from 0; -1: not known."""
LIMIT_LOG10 = 2.0
"""From so much evidence on a shadow differs, where nothing else is set: one in a hundred that do not gets there, however often one
looks."""

What = Literal["asked", "primary", "shadow", "ended"]
"""`asked`: a message was copied. `primary` and `shadow`: one of the two said something in this conversation."""


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something happened in one conversation that is copied, as the router of the primary tells its canary."""

    conversation: str
    """Unique in the cluster, and the same for each shadow that gets copies of it."""
    what: What
    number: Number = -1
    """Of `asked`: of this message. Of a reply: of the message it answers, where that is known for sure."""
    line: str = ""
    """As it was written, without its newline; of `asked` and of replies."""
    after_s: float = 0.0
    """Of a reply whose message is known: how long after that, on the host of who replied, in seconds."""
    cut: str = ""
    """Of `ended`: why it is not whole, and so never compared; empty: it is."""


class Steps(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in conversations that one shadow gets copies of (SHADOW_STEPS)."""

    service: str
    version: str
    """Of the shadow."""
    build: str = "*"
    server: str
    """Where the shadow runs."""
    is_reference: bool = False
    deployment: str = ""
    steps: tuple[Step, ...] = ()


class Discarded(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a shadow that was discarded."""

    service: str = ""
    """Of the shadow; empty: of a process of its unit that has not registered."""
    version: str = ""
    door: str
    """``unix``, ``local`` or ``signal``."""
    line: str
    """Its begin, without secrets."""
    reason: str
    ago_s: float


class DiscardedLines(msgspec.Struct, frozen=True, kw_only=True):
    """What the fence of one router has kept back (SHADOW_DISCARDED)."""

    server: str = ""
    total: Count = 0
    """Lines kept back since the router started."""
    by_command: dict[str, int] = {}
    """The same lines by command; ``other``: those of further commands."""
    by_reason: dict[str, int] = {}
    """Why whoever said them is behind the fence, or why an answer reached nobody."""
    newest: tuple[Discarded, ...] = ()
    """The oldest first."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One place in which the replies of a shadow and of the primary differ."""

    path: str
    """Command and parameter, and the way into a JSON value, such as ``CHARGED.body.items[].price``."""
    compared: Count
    """Pairs of replies in which this place could differ."""
    differing: Count
    """Those of them in which it did differ."""
    noise_compared: Count = 0
    """Pairs of two replies of the primary's version in which this place could differ."""
    noise_differing: Count = 0
    """Those of them in which it did differ: noise."""
    log10_evidence: float = 0.0
    """That the shadow differs more often than the primary does from itself."""
    is_news: bool = False
    """Whether it is more than the noise explains."""
    is_ignored: bool = False
    """Whether the deployment declares that it may differ."""
    example: tuple[str, str] = ("", "")
    """What primary and shadow said: hashes, or values where the deployment lets them be kept."""
    last_ago_s: float | None = None
    """When it differed last."""


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """How long replies took, each on its own host, in seconds."""

    replies: Count = 0
    primary_p50_s: float | None = None
    primary_p99_s: float | None = None
    shadow_p50_s: float | None = None
    shadow_p99_s: float | None = None


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What came of comparing one shadow with the primary of one host."""

    service: str
    version: str
    build: str = "*"
    server: str
    """Where the shadow runs."""
    primary: str
    """The server of the primary, and of the canary that compares."""
    primary_version: str = ""
    deployment: str = ""
    noise: Literal["second primary", "self-replay", "declared paths"] = "declared paths"
    """What tells noise from news."""
    conversations: Count = 0
    """Conversations that were compared. As with pairs and evidence, those of earlier lives of the canary are included."""
    earlier: Count = 0
    """How many of `conversations` were compared in earlier lives of the canary."""
    incomplete: dict[str, int] = {}
    """Conversations that were not compared, by reason. As all other counts, of this life alone."""
    matching: Count = 0
    """Pairs of replies that are the same, noise and declared paths left out."""
    differing: Count = 0
    """Pairs of replies that differ by more than noise and declared paths."""
    unpaired_primary: Count = 0
    """Replies of the primary to which the shadow had none."""
    unpaired_shadow: Count = 0
    """Replies of the shadow to which the primary had none."""
    late: Count = 0
    """Replies of the shadow that came after the conversation was over for good."""
    log10_evidence: float = 0.0
    """Evidence that the shadow differs."""
    limit_log10: float = LIMIT_LOG10
    """The evidence from which the shadow counts as different: `suspect_log10` of rule C, at which a deployment pauses."""
    is_conclusive: bool = True
    """Whether so few replies are without a partner that all of this says something."""
    latency: Latency = Latency()
    differences: tuple[Difference, ...] = ()
    """The weightiest first."""
    omitted: Count = 0
    """Further ones, which did not fit."""


class Comparisons(msgspec.Struct, frozen=True, kw_only=True):
    """All that the canary of one host compares, and what its router does for it (CANARY_CURRENT_REPORT, shadows)."""

    server: str = ""
    comparisons: tuple[Comparison, ...] = ()
    mirrors: tuple[Mirror, ...] = ()
    """Copies on their way from this host, as its router tells."""
    fences: tuple[Fence, ...] = ()
    """Shadows that run on this host."""
