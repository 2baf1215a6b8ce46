"""PURE: the exchanges of one pair of hosts become an interval, a drift and steps; no I/O, no clock, no idea of a packet."""

from timekeeper.pairs.estimate import (
    Correction,
    PairEstimate,
    PairEvent,
    Refusal,
    Restart,
    Restarted,
    Side,
    Stepped,
)
from timekeeper.pairs.exchange import Exchange, RealtimeReading
from timekeeper.pairs.steps import Direction, Step, StepDetector
from timekeeper.pairs.window import PairWindow

__all__ = [
    "Correction",
    "Direction",
    "Exchange",
    "PairEstimate",
    "PairEvent",
    "PairWindow",
    "RealtimeReading",
    "Refusal",
    "Restart",
    "Restarted",
    "Side",
    "Step",
    "StepDetector",
    "Stepped",
]
