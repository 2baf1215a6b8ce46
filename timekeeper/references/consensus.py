"""PURE: what several servers say true time is, as far as most of them agree; it asks nobody and trusts no single one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from timekeeper.intervals import Interval, deepest_overlap
from timekeeper.pairs import RealtimeReading
from timekeeper.references.answer import Sample

RATE = 50e-6
"""How fast our raw clock may run away from true time since a sample: the margin ClockBound names for a bound."""
VOID_S = 1000.0
"""A sample that is older says nothing any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consensus:
    """The outcome."""

    interval: Interval | None
    """True time minus our CLOCK_REALTIME now, in seconds: positive where we are behind. None without a majority."""
    agreeing: tuple[str, ...] = ()
    """The servers that make the majority."""
    falsetickers: tuple[str, ...] = ()
    """Those it contradicts. Without a majority nobody is one."""
    undecided: tuple[str, ...] = ()
    """All that were heard, where no majority agrees."""
    age_s: float = 0.0
    """Since the youngest answer of those that agree."""


@dataclass(frozen=True, slots=True)
class _Voice:
    """One server, under however many names it was asked."""

    server: str
    interval: Interval
    identities: frozenset[str]
    age_s: float
    """Of its youngest answer."""


def agree(samples: Sequence[Sample], now: RealtimeReading) -> Consensus:
    """Intersect what the servers say (RFC 5905, section 11.2.1).

    Each sample is an interval that holds true time if its server is right; it widens with age. Where more than half
    of the servers are right, so are those that overlap most, provided that these are more than half themselves.

    Args:
        samples: Any number of each server; the one that is narrowest by now counts.
        now: Our REALTIME against the raw clock the samples are on.

    Returns:
        Where most agree, and who does not.
    """
    voices = _voices(samples, now)
    overlap = deepest_overlap([voice.interval for voice in voices])
    if overlap is None or overlap.depth * 2 <= len(voices):
        return Consensus(interval=None, undecided=tuple(voice.server for voice in voices))
    agreeing = [voice for number, voice in enumerate(voices) if number in overlap.members]
    return Consensus(
        interval=Interval(overlap.low, overlap.high),
        agreeing=tuple(voice.server for voice in agreeing),
        falsetickers=tuple(voice.server for number, voice in enumerate(voices) if number not in overlap.members),
        age_s=min(voice.age_s for voice in agreeing),
    )


def _voices(samples: Iterable[Sample], now: RealtimeReading) -> list[_Voice]:
    """One voice for each server, in the order of names: the narrowest of its intervals."""
    voices: list[_Voice] = []
    for sample in samples:
        voice = _voice(sample, now)
        if voice.age_s <= VOID_S:
            same = [one for one in voices if one.identities & voice.identities]
            voices = [one for one in voices if one not in same] + [_merge([*same, voice])]
    return sorted(voices, key=lambda voice: voice.server)


def _voice(sample: Sample, now: RealtimeReading) -> _Voice:
    age_s = max(0.0, (now.raw_ns - sample.raw_ns) / 1e9)
    offset_s = (sample.true_minus_raw_ns - now.difference_ns) / 1e9
    bound_s = (sample.error_ns + now.error_ns) / 1e9 + RATE * age_s
    interval = Interval(offset_s - bound_s, offset_s + bound_s)
    return _Voice(sample.server, interval, sample.identities or frozenset({sample.server}), age_s)


def _merge(voices: Sequence[_Voice]) -> _Voice:
    return _Voice(
        server=min(voice.server for voice in voices),
        interval=min((voice.interval for voice in voices), key=lambda interval: interval.half_width),
        identities=frozenset().union(*(voice.identities for voice in voices)),
        age_s=min(voice.age_s for voice in voices),
    )
