"""What other hosts say: taken when it is theirs, new and in order; worth less the older it is."""

import json
from dataclasses import replace

import msgspec
import pytest

from communicator.answers.clocks import Found, References
from communicator.protocol import HostPort, Message
from communicator.protocol.limits import LINE_BYTES
from tests.timekeeper.cluster.words import CLAIM, pair, row, word_of
from timekeeper.cluster.rows import FORGOTTEN_S, HOSTS, PAIRS_A_ROW, Rows, claim_of, measurements_of, reference_of
from timekeeper.solution import HostClaim, Measurement
from timekeeper.solution.measurement import VOID_AFTER_S

BETA = HostClaim(
    host="beta",
    state="synchronized",
    offset_s=0.0001,
    bound_s=0.002,
    daemon="chronyd",
    upstreams=frozenset({"192.0.2.1"}),
    age_s=1.0,
    boot_id="boot",
)
BETA_TO_GAMMA = Measurement(
    source="beta", target="gamma", offset_s=0.25, bound_s=0.0001, rtt_s=0.0002, age_s=1.0, via="probe", drift_ppm=7.5
)


@pytest.fixture
def rows():
    return Rows()


def test_nobody_has_spoken(rows):
    assert (len(rows), rows.hosts, rows.claims(0.0), rows.measurements(0.0)) == (0, frozenset(), [], [])


def test_a_word_is_taken(rows):
    assert rows.hear(row(word_of("beta", pair("gamma", 0.25, drift_ppm=7.5))), 100.0) == ""
    assert (len(rows), rows.hosts, rows.refused) == (1, {"beta"}, 0)
    assert rows.said() == {"beta": CLAIM}
    assert rows.claims(100.0) == [BETA]
    assert rows.measurements(100.0) == [BETA_TO_GAMMA]


def test_a_copy_stays_as_it_was(rows):
    rows.hear(row(word_of("beta")), 0.0)
    copied = rows.copy()
    rows.hear(row(word_of("gamma")), 1.0)
    rows.forget(FORGOTTEN_S + 0.5)
    assert (copied.hosts, rows.hosts) == ({"beta"}, {"gamma"})


def test_it_grows_old(rows):
    rows.hear(row(word_of("beta", pair("gamma", 0.25, drift_ppm=7.5))), 100.0)
    assert rows.claims(110.0) == [replace(BETA, age_s=11.0, bound_s=pytest.approx(0.0025))]
    assert rows.measurements(110.0) == [replace(BETA_TO_GAMMA, age_s=11.0, bound_s=pytest.approx(0.0011))]


@pytest.mark.parametrize(("later_s", "hosts"), [(FORGOTTEN_S, {"beta"}), (FORGOTTEN_S + 0.1, set())])
def test_and_is_forgotten(rows, later_s, hosts):
    rows.hear(row(word_of("beta")), 100.0)
    rows.forget(100.0 + later_s)
    assert rows.hosts == hosts


def test_a_claim_that_tells_no_age():
    assert claim_of(word_of("beta", claim=msgspec.structs.replace(CLAIM, age_seconds=None))).age_s == 0.0


NOT_A_ROW = {
    "nothing": ("", "beta", "Input data was truncated"),
    "no JSON": ("{", "beta", "Input data was truncated"),
    "not an object": ("[]", "beta", "Expected `object`, got `array`"),
    "no claim": ('{"server":"beta","seq":1,"claim":null}', "beta", "Expected `object`, got `null`"),
    "a pair that was not measured": ('{"server":"beta","pairs":[{"peer":"alpha"}]}', "beta", "missing required field"),
    "nested without end": ('{"server":"beta","x":' + "[" * 30_000 + "]" * 30_000 + "}", "beta", "recursion"),
    "a lone surrogate": ('"\ud800"', "beta", "surrogates not allowed"),
    "NaN": (
        '{"server":"beta","boot_id":"","seq":1,"role":"agent","claim":{"state":"unknown","bound_seconds":NaN}}',
        "beta",
        "JSON is malformed",
    ),
    "infinite": (
        '{"server":"beta","boot_id":"","seq":1,"role":"agent","claim":{"state":"unknown","bound_seconds":1e400}}',
        "beta",
        "Number out of range",
    ),
    "a daemon with an endless name": (
        json.dumps(
            {
                "server": "beta",
                "boot_id": "",
                "seq": 1,
                "role": "agent",
                "claim": {"state": "unknown", "daemon": "d" * 65},
            }
        ),
        "beta",
        "length <= 64",
    ),
    "of another host": (word_of("gamma"), "beta", "it is of 'gamma', and comes from 'beta'"),
    "of nobody": (word_of(""), "", "it is of '', and comes from ''"),
    "too long": (" " * (LINE_BYTES + 1), "beta", f"{LINE_BYTES + 1} characters, more than {LINE_BYTES}"),
}


@pytest.mark.parametrize(("report", "sender", "reason"), NOT_A_ROW.values(), ids=NOT_A_ROW)
def test_what_is_not_taken(rows, report, sender, reason):
    fault = rows.hear(row(report, sender), 0.0)
    assert fault.startswith("parameter report: ")
    assert reason in fault
    assert (len(rows), rows.refused) == (0, 1)


def test_a_message_without_a_report(rows):
    assert rows.hear(Message("CLOCK_REPORT", sent_from_server="beta"), 0.0).startswith("parameter report: ")


FOLLOWING = {  # what comes after number 7 of a life of a boot
    "the next": ({"seq": 8}, ""),
    "the same again": ({"seq": 7}, "number 7 comes after number 7"),
    "one that was overtaken": ({"seq": 6}, "number 6 comes after number 7"),
    "of a timekeeper that started anew": ({"seq": 1, "life": "other"}, ""),
    "of a host that booted anew": ({"seq": 1, "boot_id": "other"}, ""),
}


@pytest.mark.parametrize(("changes", "reason"), FOLLOWING.values(), ids=FOLLOWING)
def test_the_order_of_words(rows, changes, reason):
    rows.hear(row(word_of("beta", seq=7)), 0.0)
    fault = rows.hear(row(word_of("beta", **changes)), 500.0)
    assert (reason in fault) if reason else not fault
    assert rows.refused == bool(reason)
    rows.forget(FORGOTTEN_S + 1.0)
    assert rows.hosts == (set() if reason else {"beta"}), "what was refused does not make it younger"


def test_a_host_that_was_set_back_to_a_snapshot_is_believed_again(rows):
    """Its timekeeper goes on counting from where it was then, which may be hours ago."""
    rows.hear(row(word_of("beta", seq=7)), 0.0)
    faults = [rows.hear(row(word_of("beta", seq=seq)), 500.0) for seq in (1, 2, 3, 4, 4)]
    assert [bool(fault) for fault in faults] == [True, True, False, False, True]
    rows.forget(FORGOTTEN_S + 1.0)
    assert rows.hosts == {"beta"}


def test_what_is_overtaken_now_and_then_stays_so(rows):
    taken = [rows.hear(row(word_of("beta", seq=seq)), 0.0) == "" for seq in (7, 5, 6, 8, 6, 7, 9)]
    assert taken == [True, False, False, True, False, False, True]


def test_too_many_hosts(rows):
    for number in range(HOSTS):
        assert rows.hear(row(word_of(f"host{number}")), 0.0) == ""
    assert rows.hear(row(word_of("beta")), 0.0) == f"more than {HOSTS} hosts report their clocks"
    assert rows.hear(row(word_of("host7", seq=2)), 0.0) == ""
    assert (len(rows), rows.refused) == (HOSTS, 1)


def test_a_clock_that_runs_away_is_followed_between_its_words(rows):
    for seq, now_s in enumerate((100.0, 110.0, 120.0), start=1):
        told = word_of("beta", pair("gamma", 1e-3 * now_s), pair("delta", 0.0), seq=seq)
        assert rows.hear(row(told), now_s) == ""
        gamma, delta = rows.measurements(now_s + 5.0)
        # After its first word nobody knows; then it may go on at 1000 ppm, or stop at once.
        reach_s = 0.0 if seq == 1 else 0.0025
        assert abs(1e-3 * now_s + reach_s - gamma.offset_s) < 1e-4
        assert gamma.bound_s >= 0.0006 + reach_s
        assert (delta.offset_s, delta.bound_s) == pytest.approx((0.0, 0.0006))


def test_what_was_measured_another_way_tells_no_rate(rows):
    rows.hear(row(word_of("beta", pair("gamma", 0.0), seq=1)), 100.0)
    rows.hear(row(word_of("beta", pair("gamma", 0.01, via="router"), seq=2)), 110.0)
    assert rows.measurements(120.0)[0].bound_s == pytest.approx(0.0011)


def test_too_many_pairs():
    assert len(list(measurements_of(word_of("beta", *[pair("gamma")] * (PAIRS_A_ROW + 1))))) == PAIRS_A_ROW


def test_where_hosts_answer_probes(rows):
    told = {"beta": "10.0.0.2:4044", "gamma": "", "delta": "[fd00::4]:4044", "epsilon": "nonsense", "zeta": "10.0.0.6"}
    for host, address in told.items():
        rows.hear(row(word_of(host, probe_address=address)), 0.0)
    assert rows.answering(80.0, 8) == {"beta": HostPort("10.0.0.2", 4044), "delta": HostPort("fd00::4", 4044)}
    assert rows.answering(80.1, 8) == {}, "who is silent for so long is measured in another way"


@pytest.mark.parametrize(
    "address", ["localhost:4044", "a..b:4044", f"{'x' * 64}:4044", "victim.example.net:4044", "10.1:4044"]
)
def test_no_name_is_looked_up_for_a_row(rows, address):
    assert rows.hear(row(word_of("beta", probe_address=address)), 0.0) == ""
    assert rows.answering(0.0, 8) == {}


@pytest.mark.parametrize(
    ("interval_s", "silent_s"), [(10.0, 80.0), (60.0, 480.0), (120.0, 960.0), (1e300, 960.0), (0.0, 0.0), (-1e300, 0.0)]
)
def test_who_speaks_more_rarely_is_silent_later(rows, interval_s, silent_s):
    rows.hear(row(word_of("beta", probe_address="10.0.0.2:4044", interval_seconds=interval_s)), 0.0)
    assert rows.answering(silent_s, 8).keys() == {"beta"}
    assert rows.answering(silent_s + 0.1, 8) == {}


SERVERS = References(offset_seconds=0.003, bound_seconds=0.001, agreeing=("192.0.2.8", "ntp1"), age_seconds=5.0)


def test_what_external_servers_say_of_a_host(rows):
    rows.hear(row(word_of("beta", heard=SERVERS)), 100.0)
    rows.hear(row(word_of("gamma")), 100.0)
    [told] = rows.references(120.0)
    assert (told.host, told.servers, told.is_usable) == ("beta", 2, True)
    assert rows.heard() == {"beta": SERVERS}
    assert (told.low_s, told.high_s) == (pytest.approx(0.001), pytest.approx(0.005)), "50 ppm of 20 s on either side"
    assert rows.references(100.0 + VOID_AFTER_S - 4.9) == []


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({}, 1),
        ({"age_seconds": -1.0}, 0),
        ({"age_seconds": None}, 0),
        ({"offset_seconds": None}, 0),
        ({"bound_seconds": None}, 0),
        ({"age_seconds": VOID_AFTER_S + 1}, 0),
        ({"bound_seconds": -1.0}, 0),
        ({"offset_seconds": 1e300}, 0),
        ({"bound_seconds": 1e308, "offset_seconds": 1e308}, 0),
    ],
)
def test_nonsense_about_external_servers(rows, changes, count):
    rows.hear(row(word_of("beta", heard=msgspec.structs.replace(SERVERS, **changes))), 0.0)
    assert len([one for one in rows.references(0.0) if one.is_usable]) == count


def test_one_server_that_was_asked_is_not_sure():
    for agreeing in (("192.0.2.8",), ("192.0.2.8", "192.0.2.8")):
        assert not reference_of(word_of("beta", heard=msgspec.structs.replace(SERVERS, agreeing=agreeing))).is_usable


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("GPS", "GPS@beta"),
        ("PHC0", "PHC0@beta"),
        ("SHM(0)", "SHM(0)@beta"),
        ("ntp1", "ntp1"),
        ("192.0.2.1", "192.0.2.1"),
        ("FD00::1", "FD00::1"),
        ("f84d8e.fffe.000001", "f84d8e.fffe.000001"),
    ],
)
def test_a_reference_clock_is_a_device_of_its_host(source, name):
    assert claim_of(word_of("beta", claim=msgspec.structs.replace(CLAIM, upstreams=(source,)))).upstreams == {name}


FOUND = {"gamma": Found(("wrong",), ("40 ms behind",))}


def test_what_those_that_solve_say(rows):
    rows.hear(row(word_of("beta", role="auto", found=FOUND, suspects=("delta",), away=("omega",))), 100.0)
    rows.hear(row(word_of("gamma", pair("epsilon"), role="agent")), 100.0)
    everybody = {"beta", "gamma"}
    assert rows.roles(110.0, 8) == {"beta": "auto", "gamma": "agent"}
    assert rows.found(110.0, 8, everybody) == [FOUND]
    assert rows.suspects(110.0, 8, everybody) == {"delta"}
    assert (rows.found(110.0, 8, {"gamma"}), rows.suspects(110.0, 8, {"gamma"})) == ([], frozenset()), (
        "nobody asked beta"
    )
    assert set(rows.told(110.0)) == {("beta", "omega"), ("gamma", "epsilon")}
    assert (rows.roles(190.0, 8), rows.found(190.0, 8, everybody)) == ({}, [])
    assert rows.suspects(190.0, 8, everybody) == frozenset()
    assert rows.longest_interval_s == 10.0


def test_a_pair_ages_by_the_rate_that_its_host_tells(rows):
    rows.hear(row(word_of("beta", pair("gamma", rate_bound_ppm=12.0), pair("delta"))), 100.0)
    known, unknown = rows.measurements(110.0)
    assert known.bound_s == pytest.approx(0.0001 + 10 * 12e-6)
    assert unknown.bound_s == pytest.approx(0.0001 + 10 * 100e-6)


def correcting(offset_s, seq):
    return row(word_of("beta", seq=seq, claim=msgspec.structs.replace(CLAIM, offset_seconds=offset_s)))


def test_what_a_daemon_is_about_to_correct(rows):
    """What it sets out to correct is news for two words: an exchange may come only after the second one."""
    told = []
    for seq, offset_s in enumerate([-0.00001, 0.04, 0.04, 0.04, None, None, None], start=1):
        rows.hear(correcting(offset_s, seq), 10.0 * seq)
        found = rows.corrections(10.0 * seq + 3)["beta"]
        assert found.since_s == pytest.approx(3.0)
        told.append((found.remaining_s, found.announced_s))
    left_s, news_s = zip(*told, strict=True)
    assert left_s == (0.00001, 0.04, 0.04, 0.04, 0.0, 0.0, 0.0)
    assert news_s == pytest.approx((0.0, 0.03999, 0.03999, 0.0, 0.04, 0.04, 0.0))


def test_a_row_ages_on_its_way_too(rows):
    """By what it took longer than the quickest of the last words of its host, whose clock tells another time."""
    ages_s = []
    for seq, way_s in enumerate([0.25, 0.5, 0.0, 7.0, 0.125, *[3.0] * 9], start=1):
        told = word_of("beta", pair("gamma", age_seconds=0.0), seq=seq, made_seconds=5000.0 + 10.0 * seq)
        assert rows.hear(row(told), 10.0 * seq + way_s) == ""
        ages_s.append(rows.measurements(10.0 * seq + way_s)[0].age_s)
    assert ages_s == pytest.approx([0.0, 0.25, 0.0, 7.0, 0.125, *[3.0] * 5, *[2.875] * 2, 0.0, 0.0])


def test_after_a_boot_the_way_is_measured_anew(rows):
    for seq, (boot, made_s) in enumerate([("one", 9000.0), ("two", 10.0), ("two", 20.0)], start=1):
        told = word_of("beta", pair("gamma", age_seconds=0.0), seq=seq, boot_id=boot, made_seconds=made_s)
        rows.hear(row(told), 10.0 * seq)
        assert rows.measurements(10.0 * seq)[0].age_s == 0.0


def test_who_does_not_tell_when_it_spoke_is_as_old_as_it_was_heard(rows):
    for seq, made_s in enumerate([100.0, None, 120.0], start=1):
        told = word_of("beta", pair("gamma", age_seconds=0.0), seq=seq, made_seconds=made_s)
        rows.hear(row(told), 10.0 * seq)
        assert rows.measurements(10.0 * seq)[0].age_s == 0.0
