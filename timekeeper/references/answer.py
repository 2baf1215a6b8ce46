"""PURE: what an NTP server answered, with both ends of the conversation on our raw clock; it judges nothing."""

from dataclasses import dataclass
from enum import StrEnum

from timekeeper.pairs import RealtimeReading


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One packet of RFC 5905, figure 8, and when we asked for it. Times are in nanoseconds since the Unix epoch."""

    server: str
    identities: frozenset[str]
    """Its name, and every address that had when it was asked, with the port where that is not 123: two names may lead to one
    server."""
    leap: int
    mode: int
    stratum: int
    precision: int
    """The exponent of two of the seconds the server's clock can tell apart."""
    root_delay_s: float
    root_dispersion_s: float
    reference_id: int
    updated_ns: int | None
    """When the server's clock was last set; None where a field of zeros says that it never was."""
    t1_ns: int
    """When we asked, as the answer repeats it."""
    t2_ns: int | None
    """When the server received that; None for zeros."""
    t3_ns: int | None
    """When it answered; None for zeros."""
    t4_ns: int
    """When we received that."""
    asked: RealtimeReading
    """Our REALTIME against our raw clock, before the question."""
    answered: RealtimeReading
    """The same after the answer."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What one server says true time is, against our raw clock: a step of our REALTIME does not touch it."""

    server: str
    true_minus_raw_ns: int
    error_ns: int
    """True time is no farther from that, as long as the server is right and no message came before it was sent."""
    raw_ns: int
    """When this was so."""
    identities: frozenset[str] = frozenset()
    """See `Answer.identities`."""


class Fault(StrEnum):
    """Why an answer is of no use."""

    OTHER_QUESTION = "it answers a question we did not ask"
    NOT_A_SERVER = "it is no answer of a server"
    KISS = "the server refuses"
    ZERO_TIME = "a time in it is zero"
    UNSYNCHRONIZED = "the server says it is not synchronised"
    STRATUM = "its stratum is none of a server in use"
    UPDATED_LATER = "the server's clock was set after it answered"
    NEGATIVE_DELAY = "it took less than no time"
    ROOT_DISTANCE = "the server is too far from its reference"
    STEPPED = "our own clock stepped meanwhile"


@dataclass(frozen=True, slots=True)
class Rejection:
    """An answer that fails a test."""

    fault: Fault
    kiss_code: str = ""
    """What the server refuses with (RFC 5905, section 7.4), such as ``RATE``."""

    def __str__(self) -> str:
        return f"{self.fault}: {self.kiss_code}" if self.kiss_code else str(self.fault)
