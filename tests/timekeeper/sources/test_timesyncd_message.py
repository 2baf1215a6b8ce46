import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timekeeper.discipline import Leap, Reference, Upstream, UpstreamState
from timekeeper.sources.timesyncd_message import TimesyncdError, describe_timesyncd

AHEAD = "timesyncd-257-250ms-ahead.json"
OWN_CLOCK = "127.0.0.1 serves its own clock as if it were true: its reference is 127.127.1.1"
LEAP, STRATUM, ROOT_DELAY, ROOT_DISPERSION, REFERENCE, SENT, RECEIVED, ANSWERED, BACK, IGNORED, PACKETS, JITTER = (
    0, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
)  # fmt: skip


@pytest.fixture
def said(recorded):
    """What timesyncd says, after a change of its message."""

    def change(message=None, **properties):
        answer = json.loads(recorded(AHEAD))
        held = answer["data"][0]
        for index, value in (message or {}).items():
            held["NTPMessage"]["data"][index] = value
        for name, value in properties.items():
            held[name]["data"] = value
        return json.dumps(answer).encode()

    return change


def test_what_timesyncd_said_of_a_server_250_ms_behind(recorded):
    word = describe_timesyncd(recorded(AHEAD))
    assert word.daemon == "systemd-timesyncd"
    assert (word.leap, word.stratum, word.reference) == (Leap.NORMAL, 3, Reference.OUTSIDE)
    assert word.offset_s == pytest.approx(0.249884, abs=1e-6)  # `timedatectl timesync-status` printed -249.884ms, 247us
    assert word.further_error_s == pytest.approx(247e-6 / 2, abs=1e-6)
    assert word.update_interval_s == 16.0
    assert word.updated_wall_ns == 1_795_604_159_914_906_000
    assert word.upstreams == (Upstream("127.0.0.1", UpstreamState.SELECTED, reachable=True),)
    assert word.remarks == (OWN_CLOCK,)  # the recorded server did


def test_what_timesyncd_said_before_its_server_answered(recorded):
    word = describe_timesyncd(recorded("timesyncd-257-no-answer-yet.json"))
    assert (word.leap, word.stratum, word.reference) == (Leap.UNSYNCHRONIZED, None, Reference.NONE)
    assert (word.offset_s, word.root_delay_s, word.root_dispersion_s, word.updated_wall_ns) == (None, None, None, 0)
    assert word.upstreams == (Upstream("127.0.0.1", UpstreamState.UNUSABLE, reachable=False),)


def test_a_timesyncd_without_a_server(said):
    assert describe_timesyncd(said({PACKETS: 0}, ServerName="")).upstreams == ()


def test_spans_are_microseconds(said):
    word = describe_timesyncd(
        said({ROOT_DELAY: 20_000, ROOT_DISPERSION: 1_500, JITTER: 300}, PollIntervalUSec=2_048_000_000)
    )
    assert (word.root_delay_s, word.root_dispersion_s, word.update_interval_s) == (0.020, 0.0015, 2048.0)
    assert word.further_error_s == pytest.approx(247e-6 / 2 + 300e-6, abs=1e-6)


@pytest.mark.parametrize(
    ("number", "leap"), list(enumerate([Leap.NORMAL, Leap.INSERT, Leap.DELETE, Leap.UNSYNCHRONIZED]))
)
def test_leaps(said, number, leap):
    assert describe_timesyncd(said({LEAP: number})).leap is leap


@pytest.mark.parametrize(
    ("stamps", "ahead_s"),
    [((0, 10, 20, 30), 0.0), ((100_000, 10, 20, 100_030), 0.1), ((0, 100_010, 100_020, 30), -0.1)],
)
def test_the_sign_of_an_offset(said, stamps, ahead_s):
    word = describe_timesyncd(said(dict(zip((SENT, RECEIVED, ANSWERED, BACK), stamps, strict=True))))
    assert word.offset_s == pytest.approx(ahead_s)
    assert word.further_error_s == pytest.approx(10e-6)


@pytest.mark.parametrize("ahead_us", [400_000, -3_600_000_000])
def test_an_offset_that_is_stepped_away_is_no_longer_known(said, ahead_us):
    stamps = {SENT: 10**15 + ahead_us, RECEIVED: 10**15 + 10, ANSWERED: 10**15 + 20, BACK: 10**15 + ahead_us + 30}
    word = describe_timesyncd(said(stamps))
    assert word.offset_s is None
    assert word.further_error_s == pytest.approx(abs(ahead_us) / 1e6 + 10e-6)
    found = f"systemd-timesyncd found this clock {ahead_us / 1e6:+.3f} s off, which it sets at once"
    assert word.remarks == (f"{found}: whether that was done shows at its next exchange", OWN_CLOCK)


@pytest.mark.parametrize(
    ("stratum", "reference", "remarks"),
    [
        (2, [127, 127, 1, 1], (OWN_CLOCK,)),
        (2, [192, 0, 2, 1], ()),
        (1, list(b"GPS\0"), ()),
        (1, list(b"LOCL"), ("127.0.0.1 serves its own clock as if it were true: its reference is LOCL",)),
    ],
)
def test_a_server_that_serves_its_own_clock_is_named(said, stratum, reference, remarks):
    assert describe_timesyncd(said({STRATUM: stratum, REFERENCE: reference})).remarks == remarks


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({IGNORED: True}, "the last answer of 127.0.0.1 was a spike and has been ignored"),
        ({BACK: 1_795_604_159_914_600}, "the last answer of 127.0.0.1 took -59 us, less than nothing"),
        ({LEAP: 4}, "leap status 4 does not exist"),
        ({LEAP: -1}, "leap status -1 does not exist"),
        ({REFERENCE: [256]}, "Expected `int` <= 255"),
        ({STRATUM: "two"}, "something else than the properties of a time daemon: Expected `int`, got `str`"),
    ],
)
def test_what_is_no_word(said, message, words):
    with pytest.raises(TimesyncdError, match=words):
        describe_timesyncd(said(message))


@pytest.mark.parametrize(
    "text", [b"", b"null", b"{}", b"\xff", b'{"type":"s","data":"x"}', b'{"type":"a{sv}","data":[{}]}']
)
def test_what_is_no_answer_of_busctl(text):
    with pytest.raises(TimesyncdError, match="something else than the properties of a time daemon"):
        describe_timesyncd(text)


@given(st.binary(max_size=300))
def test_any_bytes_give_one_error(noise):
    with pytest.raises(TimesyncdError):
        describe_timesyncd(noise)


def test_an_answer_cut_short_is_none_at_any_length(recorded):
    text = recorded(AHEAD).rstrip()
    for length in range(len(text)):
        with pytest.raises(TimesyncdError):
            describe_timesyncd(text[:length])


@given(st.lists(st.integers(0, 2**64 - 1), min_size=11, max_size=11), st.booleans())
def test_any_numbers_give_a_word_or_one_error(numbers, is_ignored):
    answer = {
        "ServerName": {"type": "s", "data": "a"},
        "PollIntervalUSec": {"type": "t", "data": numbers[0]},
        "NTPMessage": {
            "type": "(uuuuittayttttbtt)",
            "data": [0, 4, 4, numbers[1], -26, *numbers[2:4], [0] * 4, *numbers[4:8], is_ignored, *numbers[8:10]],
        },
    }
    try:
        word = describe_timesyncd(json.dumps({"type": "a{sv}", "data": [answer]}).encode())
    except TimesyncdError:
        return
    assert word.further_error_s >= 0
