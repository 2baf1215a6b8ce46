"""PURE: something that speaks against a version that is being deployed; it says not what follows."""

from typing import NamedTuple

from canary.records.deployments import Pause


class Finding(NamedTuple):
    """Something that speaks against the new version."""

    is_bad: bool
    """It goes back; else it pauses."""
    pause: Pause
    about: str
    """What says so: a rule, a metric, a server."""
    reason: str

    @property
    def key(self) -> str:
        """What somebody overrules who goes on all the same; once it is bad it is another one."""
        return f"{'bad' if self.is_bad else self.pause} {self.about}"
