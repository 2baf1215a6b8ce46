"""PURE: what becomes of the canary itself: its rules, its leader, its policy, its beginning and its end; it knows no run."""

from canary.records.facts import Record


class RulesSet(Record, frozen=True, kw_only=True, omit_defaults=True, tag="rules_set"):
    """The rules in force from here on."""

    rules: str
    """As JSON."""
    revision: str
    """The first twelve digits of its SHA-256."""


class Led(Record, frozen=True, kw_only=True, omit_defaults=True, tag="led"):
    """Another server leads; an empty name: none does."""

    leader: str
    term: int


class PolicyIssued(Record, frozen=True, kw_only=True, omit_defaults=True, tag="policy_issued"):
    """A policy is about to be set at the router: written first."""

    term: int
    number: int
    sha256: str


class Started(Record, frozen=True, kw_only=True, omit_defaults=True, tag="started"):
    """This canary has started."""

    release: str
    boot_id: str
    was_clean: bool
    """Whether the one before had ended in good order."""


class Stopped(Record, frozen=True, kw_only=True, omit_defaults=True, tag="stopped"):
    """This canary ends in good order."""
