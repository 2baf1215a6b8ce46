import pytest
from hypothesis import given
from hypothesis import strategies as st

from timekeeper.discipline import Leap, Reference, Upstream, UpstreamState
from timekeeper.sources.mode6 import Assembly, Association, ControlError, Question, Request, Selection, parse_variables
from timekeeper.sources.ntpd_discipline import Peer, describe_ntpd, parse_time

SYSTEM = {
    "leap": "0",
    "stratum": "3",
    "rootdelay": "12.500",
    "rootdisp": "20.000",
    "refid": "192.0.2.1",
    "reftime": "0xeeb13d5d.80000000",
    "tc": "6",
    "offset": "-1.750",
}
REFERENCE_TIME_NS = 1_795_604_189_500_000_000


def peer(selection=Selection.SYSTEM_PEER, *, reachable=True, **variables):
    return Peer(Association(1, selection, reachable), {"srcadr": "192.0.2.1", "refid": "198.51.100.7"} | variables)


def described(*peers, **changed):
    return describe_ntpd(SYSTEM | changed, peers)


def test_what_is_passed_on():
    word = described(peer())
    assert word.daemon == "ntpd"
    assert (word.leap, word.stratum, word.reference) == (Leap.NORMAL, 3, Reference.OUTSIDE)
    assert (word.root_delay_s, word.root_dispersion_s, word.update_interval_s) == (0.0125, 0.020, 64.0)
    assert word.updated_wall_ns == REFERENCE_TIME_NS
    assert word.upstreams == (Upstream("192.0.2.1", UpstreamState.SELECTED, reachable=True),)
    assert word.unresolved_upstreams == 0


def test_servers_that_are_behind_mean_a_clock_that_is_ahead():
    assert described(offset="-1.750").offset_s == 0.00175


def variables_of(datagrams, sequence):
    assembly = Assembly(Question(Request.READ_VARIABLES, sequence))
    return parse_variables([assembly.add(datagram) for datagram in datagrams][-1])


def test_what_ntpsec_said(recorded_ntpd):
    word = describe_ntpd(variables_of(recorded_ntpd("synchronised")[2, 0, ""], 1), [])
    assert (word.leap, word.stratum, word.reference) == (Leap.NORMAL, 3, Reference.OUTSIDE)
    assert word.offset_s == pytest.approx(1.75e-6)
    assert (word.root_delay_s, word.root_dispersion_s, word.update_interval_s) == (7e-6, 0.001, 1.0)
    assert word.updated_wall_ns == pytest.approx(1_795_604_189_750_888_000, abs=1e6)


def test_what_ntpsec_said_before_its_first_update(recorded_ntpd):
    word = describe_ntpd(variables_of(recorded_ntpd("starting")[2, 0, ""], 1), [])
    assert (word.leap, word.stratum, word.reference) == (Leap.UNSYNCHRONIZED, 16, Reference.NONE)
    assert word.updated_wall_ns == 0


@pytest.mark.parametrize(
    ("number", "leap"), [("0", Leap.NORMAL), ("1", Leap.INSERT), ("2", Leap.DELETE), ("3", Leap.UNSYNCHRONIZED)]
)
def test_leaps(number, leap):
    assert described(leap=number).leap is leap


@pytest.mark.parametrize(
    ("refid", "reference"),
    [("192.0.2.1", Reference.OUTSIDE), ("INIT", Reference.NONE), ("LOCL", Reference.OWN_CLOCK)],
)
def test_references(refid, reference):
    assert described(refid=refid).reference is reference


def test_servers_that_serve_their_own_clock_are_named():
    word = described(peer(refid="127.127.1.0"), peer(srcadr="192.0.2.2", refid="GPS"))
    assert word.remarks == ("192.0.2.1 serves its own clock as if it were true: its reference is 127.127.1.0",)


def test_every_state_of_a_server_has_its_word():
    word = described(*(peer(selection, srcadr=selection.name) for selection in Selection))
    assert {upstream.name: upstream.state.value for upstream in word.upstreams} == {
        "REJECTED": "unusable",
        "FALSETICKER": "falseticker",
        "EXCESS": "outlier",
        "OUTLIER": "outlier",
        "CANDIDATE": "combined",
        "BACKUP": "outlier",
        "SYSTEM_PEER": "selected",
        "PPS_PEER": "selected",
    }


@pytest.mark.parametrize(
    ("variables", "names", "unresolved"),
    [
        ({"srcadr": "2001:db8::1"}, ["2001:db8::1"], 0),
        ({"srcadr": "127.127.20.0", "refid": "GPS"}, ["GPS"], 0),
        ({"srcadr": "127.127.28.0", "refid": ""}, ["127.127.28.0"], 0),
        ({"srcadr": "0.0.0.0", "refid": "DNS"}, [], 1),
        ({"srcadr": "", "refid": "INIT"}, [], 1),
        ({"srcadr": "0.0.0.0", "refid": "POOL"}, [], 0),  # stands for a pool, whose servers follow
    ],
)
def test_names_of_servers(variables, names, unresolved):
    word = described(peer(**variables))
    assert [upstream.name for upstream in word.upstreams] == names
    assert word.unresolved_upstreams == unresolved


def test_a_server_of_which_nothing_is_told_has_no_name():
    word = describe_ntpd(SYSTEM, [Peer(Association(1, Selection.REJECTED, reachable=False), {})])
    assert (word.upstreams, word.unresolved_upstreams) == ((), 1)


@pytest.mark.parametrize(("tc", "interval_s"), [("0", 1), ("10", 1024), ("-3", 1), ("99", 131_072), ("0x6", None)])
def test_intervals(tc, interval_s):
    if interval_s is None:
        with pytest.raises(ControlError, match="tc is '0x6', which is no number"):
            described(tc=tc)
    else:
        assert described(tc=tc).update_interval_s == interval_s


@pytest.mark.parametrize("name", SYSTEM)
def test_a_variable_that_is_missing_is_named(name):
    with pytest.raises(ControlError, match=f"ntpd does not tell '{name}'"):
        describe_ntpd({key: value for key, value in SYSTEM.items() if key != name}, [])


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"leap": "4"}, "leap is '4', which does not exist"),
        ({"stratum": "nan"}, "stratum is 'nan', which is no number"),
        ({"offset": "inf"}, "offset is 'inf', which is no number"),
        ({"rootdelay": ""}, "rootdelay is '', which is no number"),
        ({"reftime": "yesterday"}, "'yesterday' is no time"),
    ],
)
def test_values_that_make_no_sense(changed, words):
    with pytest.raises(ControlError, match=words):
        described(**changed)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0x00000000.00000000", 0),
        ("0xeeb13d5d.80000000", 1_795_604_189.5),
        ("0xffffffff.00000000", 2_085_978_495),
        ("0x00000001.00000000", 2_085_978_497),  # the count has started anew in 2036
        ("0x80000000.00000000", -61_505_152),
    ],
)
def test_times(text, seconds):
    assert parse_time(text) == seconds * 10**9


@pytest.mark.parametrize("text", ["", "0x1", "1.", "0x1.g", "-1.0", "0x100000000.0", "0x1.100000000"])
def test_what_is_no_time(text):
    with pytest.raises(ControlError, match="is no time"):
        parse_time(text)


@given(st.dictionaries(st.sampled_from(list(SYSTEM)), st.text(max_size=12)))
def test_any_values_give_a_word_or_one_error(changed):
    try:
        word = described(**changed)
    except ControlError:
        return
    assert word.update_interval_s > 0
