"""PURE: the sanity tests of RFC 5905 on one answer, and the interval of true time it gives; it asks nobody."""

from collections.abc import Callable

from timekeeper.pairs import RealtimeReading
from timekeeper.references.answer import Answer, Fault, Rejection, Sample

DISTANCE_S = 3.0
"""A server that may be farther off than this says nothing: chrony's `maxdistance`. (RFC 5905: 1 s, and 15 ppm of the
time between two questions; a wide interval does no harm here, where none is averaged.)"""

_STEP_NS = 500_000  # what the pairs take for a step
_FLOOR_NS = 10_000  # of our stamps, as of those of the pairs; the floating point of ntplib costs 2 us of it
_SERVER = 4
_UNSYNCHRONIZED = 3
_STRATA = range(1, 16)


def check(answer: Answer) -> Sample | Rejection:
    """Put an answer to the tests of RFC 5905, sections 8 and 9, and appendices A.5.1.1 and A.5.5.3.

    Args:
        answer: What the server sent, to which question.

    Returns:
        True time as the server knows it, give or take its root distance and half the round trip; or the first test
        that the answer fails. That it answers our question comes first: nobody else can make us stop asking.
    """
    for fails, fault in _TESTS:
        if fails(answer):
            return Rejection(fault, kiss_code(answer) if fault is Fault.KISS else "")
    t1_ns, t4_ns = _ours_on_raw(answer)
    t2_ns, t3_ns = _theirs(answer)
    twice_ns = (t2_ns - t1_ns) + (t3_ns - t4_ns)
    return Sample(answer.server, twice_ns // 2, _error_ns(answer), (t1_ns + t4_ns) // 2, answer.identities)


def kiss_code(answer: Answer) -> str:
    """The four letters a server refuses with; empty when it does not."""
    letters = answer.reference_id.to_bytes(4, "big").rstrip(b"\0")
    return letters.decode("ascii") if answer.stratum == 0 and letters.isalnum() else ""


def _error_ns(answer: Answer) -> int:
    """The root distance of RFC 5905, appendix A.5.5.2, with ourselves as the last leg."""
    seconds = root_distance_s(answer) + max(0, _delay_ns(answer)) / 2e9
    return round(seconds * 1e9) + _own_error_ns(answer)


def root_distance_s(answer: Answer) -> float:
    """How far the server itself may be from true time."""
    return answer.root_delay_s / 2 + answer.root_dispersion_s + 2.0**answer.precision


def _own_error_ns(answer: Answer) -> int:
    """What our own two stamps may be off; when our clock was turned meanwhile, we do not know before which of them."""
    return answer.asked.error_ns + answer.answered.error_ns + _FLOOR_NS + _turned_ns(answer)


def _turned_ns(answer: Answer) -> int:
    return abs(answer.answered.difference_ns - answer.asked.difference_ns)


def _ours_on_raw(answer: Answer) -> tuple[int, int]:
    return answer.t1_ns - answer.asked.difference_ns, answer.t4_ns - answer.answered.difference_ns


def _theirs(answer: Answer) -> tuple[int, int]:
    return answer.t2_ns or 0, answer.t3_ns or 0


def _delay_ns(answer: Answer) -> int:
    t1_ns, t4_ns = _ours_on_raw(answer)
    t2_ns, t3_ns = _theirs(answer)
    return (t4_ns - t1_ns) - (t3_ns - t2_ns)


def _is_of_another_question(answer: Answer) -> bool:
    """Whether it does not repeat a time between our two readings."""
    t1_ns, _ = _ours_on_raw(answer)
    slack_ns = _own_error_ns(answer)
    return not _earliest(answer.asked) - slack_ns <= t1_ns <= answer.answered.raw_ns + slack_ns


def _earliest(reading: RealtimeReading) -> int:
    return reading.raw_ns - reading.error_ns


def _was_updated_later(answer: Answer) -> bool:
    return answer.updated_ns is not None and answer.updated_ns > (answer.t3_ns or 0)


def _is_faster_than_time(answer: Answer) -> bool:
    """Whether the round trip is negative by more than our stamps, and what the server's clock can tell apart, explain."""
    return _delay_ns(answer) < -(_own_error_ns(answer) + 2.0**answer.precision * 1e9)


_TESTS: tuple[tuple[Callable[[Answer], bool], Fault], ...] = (
    (lambda answer: _turned_ns(answer) > _STEP_NS, Fault.STEPPED),
    (_is_of_another_question, Fault.OTHER_QUESTION),
    (lambda answer: answer.mode != _SERVER, Fault.NOT_A_SERVER),
    (lambda answer: bool(kiss_code(answer)), Fault.KISS),
    (lambda answer: answer.leap == _UNSYNCHRONIZED, Fault.UNSYNCHRONIZED),
    (lambda answer: answer.stratum not in _STRATA, Fault.STRATUM),
    (lambda answer: answer.t2_ns is None or answer.t3_ns is None, Fault.ZERO_TIME),
    (_was_updated_later, Fault.UPDATED_LATER),
    (lambda answer: root_distance_s(answer) > DISTANCE_S, Fault.ROOT_DISTANCE),
    (_is_faster_than_time, Fault.NEGATIVE_DELAY),
)
