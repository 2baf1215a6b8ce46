"""PURE: who a host is to those it probes and is probed by; it reads neither key nor boot id itself."""

from dataclasses import dataclass

from timekeeper.probes.packet import Seal


@dataclass(frozen=True, slots=True)
class ProbeIdentity:
    """Who takes part in probing."""

    name: str
    """This host's, as its router calls it."""
    seal: Seal
    """Of its cluster."""
    boot_id: str
    """Of its present boot."""
