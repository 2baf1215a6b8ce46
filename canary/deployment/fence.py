"""PURE: what the router of this host keeps behind its fence, as far as this canary knows; it sets no policy."""

from collections.abc import Set as AbstractSet
from typing import NamedTuple

import msgspec

from canary.deployment.spec import Spec
from communicator.answers.policy import ALL, Shadow

Kept = tuple[str, str]
"""A service and a version of it."""


class _Told(msgspec.Struct, frozen=True):
    """What a router tells of its policy, as far as it counts here."""

    shadows: tuple[Shadow, ...] | None = None


class Fence(NamedTuple):
    """The fence of one host. A shadow is started behind it, and what does its work is started when it is gone."""

    stands: AbstractSet[Kept] = frozenset()
    """What the router has said that it keeps back."""
    lingers: AbstractSet[Kept] | None = None
    """What it may keep back, since it was told to and has said nothing else yet; None: it has not said anything yet."""
    is_known: bool = True
    """Whether the router knows what a shadow is, as far as it has said anything."""

    @classmethod
    def heard(cls, policy: str, me: str) -> "Fence":
        """The fence as a router tells it, which has just obeyed a policy; one that knows no shadows keeps nothing back.

        Args:
            policy: As JSON.
            me: The server of that router.
        """
        try:
            told = msgspec.json.decode(policy, type=_Told).shadows
        except msgspec.DecodeError:
            return cls()
        kept = frozenset((one.service, one.version) for one in told or () if one.server == me)
        return cls(kept, kept, told is not None)

    def told(self, wanted: AbstractSet[Kept]) -> "Fence":
        """The fence once the router was told of another one, and has not answered yet."""
        lingers = None if self.lingers is None else self.lingers | wanted
        return self._replace(stands=self.stands & wanted, lingers=lingers)

    def keeps(self, service: str, version: str) -> bool:
        """Whether a version is kept back for sure."""
        return (service, version) in self.stands

    def is_gone(self, service: str) -> bool:
        """Whether no version of a service is kept back for sure."""
        return self.lingers is not None and all(name != service for name, _ in self.lingers)

    def missing(self, spec: Spec, me: str) -> tuple[str, ...]:
        """What this host lacks for the shadow of a deployment, in words that say what to do."""
        is_needed = spec.shadow is not None and (spec.shadow.server == me or spec.shadow.primary in (ALL, me))
        if not is_needed or self.is_known:
            return ()
        return (f"the router of {me} knows no shadows: upgrade it",)
