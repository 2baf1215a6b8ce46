"""PURE: the policy that a canary sets at its router and tells other canaries, as it is written and read."""

from typing import Annotated

import msgspec
from msgspec import Meta

ALL = "*"
"""As the server or the build of an entry: every one."""
ENTRIES = 1_000
"""Entries of one list: five versions blocked on each of 200 hosts."""
TEXT_CHARACTERS = 256
"""A version, a build or a reason: as much as a registration may carry, and it must match one."""
LONGEST_S = 1e9
"""Thirty years is for ever, and still a duration that every reader of one takes."""
PROTECTED = frozenset(("communicatord", "canary"))
"""Never blocked: without them nobody could take the block away."""

Text = Annotated[str, Meta(max_length=TEXT_CHARACTERS)]
Name = Annotated[str, Meta(min_length=1, max_length=TEXT_CHARACTERS)]
Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Span = Annotated[float, Meta(ge=0, le=LONGEST_S)]


class Denial(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the denylist: a version that is not to run, or not there."""

    service: Name
    version: Text
    build: Text
    server: Name
    until_s: Span
    """For how long from receipt, in seconds."""
    reason: Text = ""
    probe_allowed: bool = False
    """Whether it may run as a probe meanwhile."""


class Weight(msgspec.Struct, frozen=True):
    """An entry of the weights: the part of its traffic that a version gets."""

    service: Name
    version: Text
    build: Text
    server: Name
    weight: Annotated[float, Meta(ge=0, le=1)]


class Apart(msgspec.Struct, frozen=True):
    """A host that is set apart: its services get nothing from other hosts but what names it."""

    server: Annotated[str, Meta(min_length=1, max_length=TEXT_CHARACTERS)]
    serves: Annotated[tuple[Name, ...], Meta(max_length=ENTRIES)] = ()
    """Services that get their part all the same."""


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """A service of which only some versions may begin here: others are tried elsewhere first."""

    service: Name
    admitted: Annotated[tuple[tuple[Text, Text], ...], Meta(max_length=ENTRIES)] = ()
    """Version and build of each; ``*`` as the build: every one."""
    reason: Text = ""
    """Why not, behind the name and the version."""


class Colour(msgspec.Struct, frozen=True, kw_only=True):
    """Which version of a service is the active one: it alone gets messages, and all others are on standby."""

    service: Name
    generation: Annotated[int, Meta(ge=1, le=2**53)]
    """Of this service: a larger one replaces a smaller one, from whomever it comes."""
    active: Text
    """``*``: the service has no colours any more."""
    active_build: Text = ALL
    drain_s: Span = 0
    """For how long after the switch whoever spoke with another version before may go on with that."""

    def fits(self, version: str, build: str) -> bool:
        """Whether an instance is of the active version."""
        return version == self.active and self.active_build in (ALL, build)


class Shadow(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a service that gets copies of what another one gets, and whose own words reach nobody."""

    service: Name
    version: Text
    build: Text = ALL
    server: Name
    """Where it runs: the router there stands between it and everybody else, whatever role the process registers with."""
    unit: Text = ""
    """The systemd unit that it runs in there: all of its processes are behind the fence, also before one registers."""
    primary: Annotated[str, Meta(max_length=TEXT_CHARACTERS)] = ""
    """The server whose live instance it gets copies of; ``*``: each server's; empty: of none, and the fence stands."""
    share: Annotated[float, Meta(ge=0, le=1)] = 0
    """The part of the conversations that is copied."""
    key: Text = ""
    """The parameter whose value says to which conversation a message belongs; empty: its sender does."""
    is_reference: bool = False
    """Whether it is a second instance of the primary's version: where its replies differ, that is noise."""
    deployment: Text = ""
    """The identifier of the deployment that it is for, with the number of the attempt from the second one on: ``3f2a9c.2``."""

    def fits(self, service: str, version: str, build: str) -> bool:
        """Whether an instance on its server is this shadow."""
        return (service, version) == (self.service, self.version) and self.build in (ALL, build)


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What the canary wants of a router; the default wants nothing."""

    generation: tuple[Count, Count]
    """Term and number: a larger one replaces a smaller one."""
    lease_s: Annotated[float, Meta(gt=0, le=LONGEST_S)]
    """For how long from receipt it is obeyed in full, in seconds; afterwards nothing stays shut for good."""
    orders: Text = ""
    """Which orders of operators it is made of: a digest, the same on each host where they are the same; empty: not told."""
    denylist: Annotated[tuple[Denial, ...], Meta(max_length=ENTRIES)] = ()
    weights: Annotated[tuple[Weight, ...], Meta(max_length=ENTRIES)] = ()
    apart: Annotated[tuple[Apart, ...], Meta(max_length=ENTRIES)] = ()
    trials: Annotated[tuple[Trial, ...], Meta(max_length=ENTRIES)] = ()
    colours: Annotated[tuple[Colour, ...], Meta(max_length=ENTRIES)] = ()
    shadows: Annotated[tuple[Shadow, ...], Meta(max_length=ENTRIES)] = ()
