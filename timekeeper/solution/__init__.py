"""PURE: the offsets of all hosts, their bounds and verdicts, from what hosts report; no I/O, no clock, no idea of a packet."""

from timekeeper.solution.camps import Camp, CampKind
from timekeeper.solution.claims import TrueTime
from timekeeper.solution.contradiction import Contradiction
from timekeeper.solution.judge import HostVerdict, Judge, Judgement
from timekeeper.solution.measurement import HostClaim, Measurement, ReferenceInterval, age_claim, age_measurement
from timekeeper.solution.solution import Basis, HostSolution, Solution
from timekeeper.solution.solve import solve
from timekeeper.solution.thresholds import Patience, Thresholds
from timekeeper.solution.verdicts import Verdict

__all__ = [
    "Basis",
    "Camp",
    "CampKind",
    "Contradiction",
    "HostClaim",
    "HostSolution",
    "HostVerdict",
    "Judge",
    "Judgement",
    "Measurement",
    "Patience",
    "ReferenceInterval",
    "Solution",
    "Thresholds",
    "TrueTime",
    "Verdict",
    "age_claim",
    "age_measurement",
    "solve",
]
