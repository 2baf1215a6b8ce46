from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timekeeper.pairs import RealtimeReading
from timekeeper.references.answer import Answer, Fault, Rejection, Sample
from timekeeper.references.sanity import check, kiss_code

US = 1_000
MS = 1_000_000
S = 1_000_000_000
KISS_RATE = int.from_bytes(b"RATE", "big")


def test_a_good_answer_is_an_interval_of_true_time(make_answer):
    answer = make_answer()
    sample = check(answer)
    assert sample.server == "ntp1.example:123"
    assert sample.true_minus_raw_ns == answer.asked.difference_ns + 3 * MS
    assert sample.raw_ns == answer.asked.raw_ns + 5 * MS
    # Half of the round trip, half of the root delay, the root dispersion, 2^-20 s, both readings and the floor.
    assert sample.error_ns == 4 * MS + 5 * MS + 1 * MS + 954 + 200 + 10 * US


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"leap": 3}, Fault.UNSYNCHRONIZED),
        ({"leap": 1}, None),
        ({"leap": 2}, None),
        ({"mode": 3}, Fault.NOT_A_SERVER),
        ({"mode": 5}, Fault.NOT_A_SERVER),
        ({"stratum": 0, "reference_id": 0}, Fault.STRATUM),
        ({"stratum": 0, "reference_id": 0xFFFF_FFFF}, Fault.STRATUM),
        ({"stratum": 1}, None),
        ({"stratum": 15}, None),
        ({"stratum": 16}, Fault.STRATUM),
        ({"stratum": 255}, Fault.STRATUM),
        ({"t1_ns": 0}, Fault.OTHER_QUESTION),
        ({"t2_ns": None}, Fault.ZERO_TIME),
        ({"t3_ns": None}, Fault.ZERO_TIME),
        ({"updated_ns": None}, None),  # a server that does not tell
        ({"root_delay_s": 5.99}, None),
        ({"root_delay_s": 6.0}, Fault.ROOT_DISTANCE),
        ({"root_dispersion_s": 2.99}, None),
        ({"root_dispersion_s": 3.0}, Fault.ROOT_DISTANCE),
        ({"precision": 2}, Fault.ROOT_DISTANCE),
        ({"precision": 127}, Fault.ROOT_DISTANCE),
    ],
)
def test_each_test_fails_by_name(make_answer, changes, fault):
    found = check(make_answer(**changes))
    assert found == Rejection(fault) if fault else isinstance(found, Sample)


def test_a_clock_set_after_the_answer(make_answer):
    good = make_answer()
    assert check(replace(good, updated_ns=good.t3_ns + 1)) == Rejection(Fault.UPDATED_LATER)
    assert isinstance(check(replace(good, updated_ns=good.t3_ns)), Sample)


@pytest.mark.parametrize(
    ("more_held_ns", "precision", "fits"),
    [
        (8 * MS + 11 * US, -20, True),  # the stamps explain as much
        (8 * MS + 13 * US, -20, False),
        (8 * MS + 13 * US, -16, True),  # and a server's coarse clock does
    ],
)
def test_a_negative_delay(make_answer, more_held_ns, precision, fits):
    good = make_answer(precision=precision)
    found = check(replace(good, t3_ns=good.t3_ns + more_held_ns))
    if fits:  # it counts as no delay at all
        assert found.error_ns == check(make_answer(precision=precision)).error_ns - 4 * MS
    else:
        assert found == Rejection(Fault.NEGATIVE_DELAY)


@pytest.mark.parametrize(("late_ns", "fits"), [(-11 * US, False), (-10 * US, True), (10 * MS, True), (11 * MS, False)])
def test_the_question_was_asked_between_the_readings(make_answer, late_ns, fits):
    good = make_answer()
    found = check(replace(good, t1_ns=good.t1_ns + late_ns, t4_ns=good.t4_ns + 2 * MS))
    assert isinstance(found, Sample) if fits else found == Rejection(Fault.OTHER_QUESTION)


def test_a_kiss_that_answers_another_question_is_none(make_answer):
    """Else anybody could make us stop asking."""
    changes = {"stratum": 0, "reference_id": KISS_RATE}
    assert check(make_answer(**changes)) == Rejection(Fault.KISS, "RATE")
    assert check(make_answer(**changes, t1_ns=0)) == Rejection(Fault.OTHER_QUESTION)


def test_a_kiss_comes_before_what_else_is_wrong_with_it(make_answer):
    kiss = make_answer(stratum=0, reference_id=KISS_RATE, leap=3, t2_ns=None, t3_ns=None)
    assert check(kiss) == Rejection(Fault.KISS, "RATE")


@pytest.mark.parametrize(
    ("stratum", "letters", "code"),
    [
        (0, b"DENY", "DENY"),
        (0, b"RATE", "RATE"),
        (0, b"X\0\0\0", "X"),
        (0, b"\0\0\0\0", ""),
        (0, b"\0ATE", ""),
        (0, b"\xd6RST", ""),
        (1, b"RATE", ""),
    ],
)
def test_kiss_codes(make_answer, stratum, letters, code):
    assert kiss_code(make_answer(stratum=stratum, reference_id=int.from_bytes(letters, "big"))) == code


def turned(answer, by_ns):
    """Our clock was turned by this between the two readings, after we asked."""
    asked = answer.asked
    answered = RealtimeReading(asked.difference_ns + by_ns, answer.answered.raw_ns, answer.answered.error_ns)
    return replace(answer, answered=answered, t4_ns=answer.t4_ns + by_ns)


@pytest.mark.parametrize("by_ns", [-3600 * S, -501 * US, 501 * US, 3600 * S])
def test_our_own_step_spoils_an_answer(make_answer, by_ns):
    assert check(turned(make_answer(), by_ns)) == Rejection(Fault.STEPPED)


@pytest.mark.parametrize("by_ns", [-500 * US, 500 * US])
def test_a_slew_of_our_own_clock_widens_it(make_answer, by_ns):
    good = make_answer()
    sample = check(turned(good, by_ns))
    assert sample.true_minus_raw_ns == check(good).true_minus_raw_ns
    assert sample.error_ns == check(good).error_ns + 500 * US


@pytest.mark.parametrize(
    ("rejection", "text"),
    [
        (Rejection(Fault.STRATUM), "its stratum is none of a server in use"),
        (Rejection(Fault.KISS, "DENY"), "the server refuses: DENY"),
    ],
)
def test_a_rejection_as_words(rejection, text):
    assert str(rejection) == text


@given(
    there_ns=st.integers(0, S),
    back_ns=st.integers(0, S),
    held_ns=st.integers(0, S),
    ahead_ns=st.integers(-3600 * S, 3600 * S),
    server_off=st.floats(-1, 1),
)
def test_true_time_is_in_the_interval_whatever_the_delays(there_ns, back_ns, held_ns, ahead_ns, server_off):
    """Our clock is ahead of true time; the server's is off by no more than its root distance."""
    start_ns, raw_ns = 1_800_000_000 * S, 7 * S
    root_s = 0.05
    off_ns = round(server_off * root_s * S)
    took_ns = there_ns + held_ns + back_ns
    difference_ns = start_ns + ahead_ns - raw_ns
    sample = check(
        Answer(
            server="s",
            identities=frozenset(),
            leap=0,
            mode=4,
            stratum=1,
            precision=-20,
            root_delay_s=0.0,
            root_dispersion_s=root_s,
            reference_id=0,
            updated_ns=start_ns - 9 * S,
            t1_ns=start_ns + ahead_ns,
            t2_ns=start_ns + there_ns + off_ns,
            t3_ns=start_ns + there_ns + held_ns + off_ns,
            t4_ns=start_ns + took_ns + ahead_ns,
            asked=RealtimeReading(difference_ns, raw_ns, 0),
            answered=RealtimeReading(difference_ns, raw_ns + took_ns, 0),
        )
    )
    assert abs(sample.true_minus_raw_ns - (start_ns - raw_ns)) <= sample.error_ns
