"""PURE: the offsets of all hosts, their bounds and verdicts, from what hosts report; no I/O, no clock, no idea of a packet."""

from timekeeper.solution.camps import Camp
from timekeeper.solution.claims import TrueTime
from timekeeper.solution.contradiction import Contradiction
from timekeeper.solution.electors import Electors
from timekeeper.solution.judge import Fault, HostVerdict, Judge, Judgement
from timekeeper.solution.lasting import Lasting
from timekeeper.solution.measurement import (
    HostClaim,
    Measurement,
    ReferenceInterval,
    age_claim,
    age_measurement,
    find_rate,
)
from timekeeper.solution.solution import Basis, HostSolution, Solution
from timekeeper.solution.solve import solve
from timekeeper.solution.thresholds import Patience, Thresholds
from timekeeper.solution.verdicts import Verdict

__all__ = [
    "Basis",
    "Camp",
    "Contradiction",
    "Electors",
    "Fault",
    "HostClaim",
    "HostSolution",
    "HostVerdict",
    "Judge",
    "Judgement",
    "Lasting",
    "Measurement",
    "Patience",
    "ReferenceInterval",
    "Solution",
    "Thresholds",
    "TrueTime",
    "Verdict",
    "age_claim",
    "age_measurement",
    "find_rate",
    "solve",
]
