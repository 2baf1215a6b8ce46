"""PURE: the rules of the canary as an operator may set them, and when they enforce; it applies none of them."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of these tables: immutable, and a key nobody reads is an error."""


Span = Annotated[float, Meta(ge=0, le=1e9)]
Positive = Annotated[float, Meta(gt=0, le=1e9)]
Count = Annotated[int, Meta(ge=1, le=1_000)]
Share = Annotated[float, Meta(ge=0, le=1)]

Mode = Literal["enforce", "dry-run"]
"""Whether a rule acts, or only says what it would have done."""


class RuleASettings(Settings, frozen=True):
    """``[rules.a]``: this version never worked on this server."""

    mode: Mode = "enforce"
    """Whether it acts, or only says what it would have done."""
    failures: Count = 5
    """So many failed runs in a row, without a success of this build here, block it."""
    span_s: Span = 60.0
    """They have to span as much: what starts while the machine boots is not at fault."""
    ok_after_s: Positive = 60.0
    """A run that lasts so long is a success."""
    first_block_s: Positive = 600.0
    """A block lasts so long, and twice as long after each failed probe."""
    longest_block_s: Positive = 86_400.0
    """No block lasts longer."""


class RuleBSettings(Settings, frozen=True):
    """``[rules.b]``: this version worked on this server, and now it does not; it is ejected for a short while, and not blamed."""

    mode: Mode = "enforce"
    """Whether it acts, or only says what it would have done."""
    failures: Count = 5
    """In a row."""
    base_s: Positive = 30.0
    """An ejection lasts so long, times the ejections in a row."""
    longest_s: Positive = 300.0
    """No ejection lasts longer."""
    returns: Count = 2
    """Successes that end an ejection before its time."""
    bake_s: Positive = 600.0
    """A version is good here when its runs have lasted so long together without a failure."""


class RuleCSettings(Settings, frozen=True):
    """``[rules.c]``: this version fails more than the old one, in the whole cluster."""

    mode: Mode = "dry-run"
    """Whether it acts, or only says what it would have done."""
    margin: Annotated[float, Meta(ge=1, le=10)] = 1.25
    """A new version may fail that many times as often as the old one."""
    suspect_log10: Positive = 2.0
    """Evidence (the decimal logarithm of the e-value) from which on it is suspect: 1 in 100 good versions comes so far, ever."""
    block_log10: Positive = 3.0
    """Evidence from which on it is blocked in the whole cluster: 1 in 1,000."""


class RuleDSettings(Settings, frozen=True):
    """``[rules.d]``: whether a version, a server, or only the two together are at fault."""

    mode: Mode = "dry-run"
    """Whether it acts, or only says what it would have done."""
    version_servers: Count = 2
    """A version is held in the whole cluster when it is blocked on so many servers,"""
    version_share: Share = 0.5
    """and on this part of those that tried it."""
    server_services: Count = 3
    """A server is sick when so many services are blocked or ejected there,"""
    server_within_s: Positive = 600.0
    """within that time; it is well again when it has passed."""


class RuleESettings(Settings, frozen=True):
    """``[rules.e]``: this version works on this server, and fails again and again."""

    mode: Mode = "enforce"
    """Whether it acts, or only says what it would have done."""
    failures: Annotated[int, Meta(ge=2, le=64)] = 5
    """A version that has worked here and then fails this often within `within_s`, in a row or not, is blocked, or ejected if it
    was good here before."""
    within_s: Positive = 600.0
    """Window for `failures`, in seconds."""


class AmbientSettings(Settings, frozen=True):
    """``[ambient]``: which failures have a common cause and are shown, but not counted."""

    services: Count = 2
    """So many other services of this server failed"""
    around_s: Span = 30.0
    """within that time before or after;"""
    elsewhere_s: Span = 60.0
    """or the last good version of the same service failed elsewhere within that time;"""
    boot_s: Span = 90.0
    """or the server had started less than that ago."""
    budget_s: Positive = 1_800.0
    """After failures without a break for so long, none is excused any more, and a human is asked."""


class CapSettings(Settings, frozen=True):
    """``[caps]``: what no rule may do, whatever it finds."""

    min_routable: Annotated[int, Meta(ge=0, le=1_000)] = 1
    """Instances of a service that must be left after a block,"""
    routable_share: Share = 0.5
    """and this part of the servers that announced it, rounded up."""
    frozen_services: Count = 3
    """Verdicts about more services than that"""
    frozen_within_s: Positive = 300.0
    """within that time freeze all rules: there is a common cause. New versions that never worked do not count."""
    frozen_for_s: Positive = 1_800.0
    """A freeze of the rules' own lasts so long, and again as long while so many services fail that had worked."""
    block_gap_s: Span = 60.0
    """At most one new block of a service in that time."""
    protected: tuple[str, ...] = ("communicatord", "canary", "sitter")
    """Services that are never blocked."""


class ProbeSettings(Settings, frozen=True):
    """``[probes]``: how a blocked version is tried again."""

    jitter: Share = 0.1
    """How far the end of a block is moved at random, as a part of it, so that servers do not probe in step."""
    forgiven_s: Positive = 86_400.0
    """One failed probe is forgiven for each such time in a good state."""


class HostSettings(Settings, frozen=True):
    """``[canary]``: hosts on which new versions are tried first. To be the same on all hosts of the cluster."""

    hosts: tuple[str, ...] = ()
    """Their services take no part of the traffic of other hosts, and a version begins on other hosts once it is good."""
    serves: tuple[str, ...] = ()
    """Services that take their part there all the same."""

    def sets_apart(self, server: str, service: str) -> bool:
        """Whether a service on a server takes no part of the traffic of others."""
        return server in self.hosts and service not in self.serves


LETTERS = ("a", "b", "c", "d", "e")
"""What the rules are called, in the settings and everywhere."""


class Rules(Settings, frozen=True):
    """All that a decision depends on besides what happened."""

    mode: Mode | None = None
    """For all rules and services; without it each has its own."""
    holds: bool = False
    """No new verdict is acted upon; what stands, stands. So a canary that has died again and again starts."""
    a: RuleASettings = RuleASettings()
    b: RuleBSettings = RuleBSettings()
    c: RuleCSettings = RuleCSettings()
    d: RuleDSettings = RuleDSettings()
    e: RuleESettings = RuleESettings()
    ambient: AmbientSettings = AmbientSettings()
    caps: CapSettings = CapSettings()
    probes: ProbeSettings = ProbeSettings()
    canary: HostSettings = HostSettings()
    merge_s: Span = 5.0
    """How long a lost connection waits for a better word on how the run ended."""
    archive_s: Positive = 2_592_000.0
    """A version that was not seen for so long is archived."""
    services: dict[str, Mode] = msgspec.field(default_factory=dict)
    """A mode for single services, which is stricter or milder than that of the rules."""
