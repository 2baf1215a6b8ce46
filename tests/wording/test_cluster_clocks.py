"""The sentence on all clocks, and what is to be said of the cluster as a whole."""

import pytest

from communicator.answers.clocks import Camp, ClockReport, Contradiction, Host, Local, References
from communicator.wording.cluster_clocks import (
    camp_text,
    heard_story,
    reference_servers,
    reference_text,
    ring_text,
    story,
    summary,
    unsolved_text,
)
from communicator.wording.marks import BAD, DOUBTFUL, GOOD, UNKNOWN

PAIR = (Host("alpha", 0.0, verdict="ok"), Host("beta", 0.0, verdict="ok"))


def report(*hosts, **more):
    usual = {"has_majority": True, "agreeing": len(hosts), "spread_seconds": 8.02e-5, "age_seconds": 4.0}
    return ClockReport(Local("alpha"), **{"solved": True, "hosts": hosts, **usual, **more})


@pytest.mark.parametrize(
    ("camp", "text"),
    [
        (
            (
                ("alpha", "beta"),
                0.0,
                0.00005,
            ),
            "camp of 2: alpha, beta; 0 µs ± 50 µs",
        ),
        ((("gamma",), 1.0, 0.00005), "camp of 1: gamma; +1.00 s ± 50 µs"),
        ((("delta",), None, None), "camp of 1: delta"),
    ],
    ids=["first", "second", "apart"],
)
def test_a_camp_in_words(camp, text):
    assert camp_text(*camp) == text


def test_of_a_large_camp_some_are_named():
    assert camp_text([f"h{number}" for number in range(200)], None, None).endswith("h10, h11 and 188 more")


def test_a_ring_closes():
    assert ring_text(["a", "b"], 0.003) == "a → b → a, 3 ms beyond their bounds"
    assert ring_text([], None) == ""


@pytest.mark.parametrize(
    ("told", "mark", "text"),
    [
        (report(*PAIR), GOOD, "2 of 2 hosts agree, spread 80.2 µs, no contradictions, compared 4s ago"),
        (report(*PAIR, agreeing=None), GOOD, "most of 2 hosts agree, spread"),
        (report(*PAIR, agreeing=1), DOUBTFUL, "1 of 2 hosts agree, spread"),
        (report(*PAIR, Host("gamma", verdict="wrong")), BAD, "3 of 3 hosts agree"),
        (report(*PAIR, Host("gamma", verdict="ok", claim_holds=False)), BAD, "3 of 3 hosts agree"),
        (report(*PAIR, has_majority=False, agreeing=None), BAD, "no majority of 2 hosts, spread"),
        (report(*PAIR, has_majority=False, agreeing=1), BAD, "no majority of 2 hosts, at most 1 agree, spread"),
        (report(*PAIR, has_majority=None), UNKNOWN, "not measured yet: 2 hosts, compared 4s ago"),
        (report(*PAIR, has_majority=None, age_seconds=None), UNKNOWN, "not measured yet: 2 hosts, age not known"),
        (
            report(*PAIR, spread_seconds=None, contradictions=(Contradiction(), Contradiction())),
            GOOD,
            "2 of 2 hosts agree, spread not known, 2 con",
        ),
        (report(*PAIR, cluster_off=True), BAD, "2 of 2 hosts agree"),
        (report(*PAIR, voters=3), DOUBTFUL, "2 of 3 hosts agree"),
        (report(*PAIR, Host("c", standing="not_watched"), agreeing=2, voters=2), GOOD, "2 of 2 hosts agree"),
        (
            report(*PAIR, has_majority=False, voters=5, camps=(Camp(),)),
            DOUBTFUL,
            "no majority of 5 hosts, at most 2 agree",
        ),
        (
            report(*(Host(name, contradicted_by="x") for name in "ab"), has_majority=False, agreeing=1),
            BAD,
            "no majority of 2 hosts, at most 1 agree, spread 80.2 µs, claims of 2 hosts contradicted, no contradictions",
        ),
    ],
    ids=range(15),
)
def test_all_clocks_in_a_sentence(told, mark, text):
    found, sentence = summary(told, "synchronized")
    assert found == mark
    assert sentence.startswith(text)


@pytest.mark.parametrize(
    ("only", "own_state", "mark", "what"),
    [
        (Host("alpha"), "synchronized", GOOD, "there is no other clock to compare with"),
        (Host("alpha"), "unsynchronized", DOUBTFUL, "there is no other clock to compare with"),
        (Host("alpha", 0.0, verdict="ok"), "unknown", GOOD, "compared with external time servers"),
        (Host("alpha", 0.1, verdict="wrong"), "synchronized", BAD, "compared with external time servers"),
    ],
    ids=["kept", "unkept", "well", "wrong"],
)
def test_to_be_the_only_host_is_no_fault(only, own_state, mark, what):
    told = report(only, has_majority=False)
    assert summary(told, own_state) == (mark, f"this is the only host: {what}")


def test_why_nothing_is_solved():
    assert unsolved_text("agent", 4.0).startswith(
        "Nothing is solved here: this timekeeper is an agent, and has heard of no solver. Shown is"
    )
    assert unsolved_text("agent", 4.0).endswith("own word, as of 4s ago")
    assert unsolved_text("solver", None).endswith("this timekeeper has no solution yet. Shown is this host's own word")


HEARS = References(offset_seconds=-0.2, bound_seconds=0.007, agreeing=("s4", "s5"))
OFF = "the cluster as a whole is 200 ms ahead of true time (±7 ms), by the external servers of a, c"
SAME = "all hosts that agree follow the same time sources: an error of these would not be seen"


@pytest.mark.parametrize(
    ("told", "sentences"),
    [
        (report(*PAIR), []),
        (
            report(*PAIR, reasons=(OFF, SAME), cluster_off=True, references_by_host={"alpha": HEARS}),
            [(BAD, OFF), (DOUBTFUL, SAME)],
        ),
        (report(*PAIR, reasons=(SAME,)), [(DOUBTFUL, SAME)]),
        (report(*PAIR, reasons=("no majority",), has_majority=False, camps=(Camp(), Camp())), [(BAD, "no majority")]),
        (report(*PAIR, reasons=("too few",), has_majority=False, camps=(Camp(),)), [(DOUBTFUL, "too few")]),
        (
            report(*PAIR, references_by_host={"alpha": HEARS}),
            [(DOUBTFUL, "alpha hears true time 200 ms behind most clocks (±7 ms)")],
        ),
        (report(*PAIR, solved=False, reasons=(SAME,)), []),
    ],
    ids=["well", "off", "same", "no-majority", "minority", "heard-by-one", "unsolved"],
)
def test_the_story(told, sentences):
    assert list(story(told)) == sentences


def hearing(offset_s, bound_s=0.007):
    return References(offset_seconds=offset_s, bound_seconds=bound_s)


@pytest.mark.parametrize(
    ("references", "sentences"),
    [
        (
            {"alpha": hearing(0.2), "beta": hearing(0.204)},
            ["alpha, beta hear true time 202 ms ahead of most clocks (±5 ms)"],
        ),
        (
            {"alpha": hearing(0.2), "beta": hearing(-0.1)},
            [
                "alpha hears true time 200 ms ahead of most clocks (±7 ms)",
                "beta hears true time 100 ms behind most clocks (±7 ms)",
            ],
        ),
        ({"alpha": hearing(0.011)}, []),
        ({"alpha": hearing(None, None)}, []),
        ({"omega": hearing(0.2)}, []),
    ],
    ids=["alike", "otherwise", "within", "nothing", "not-compared"],
)
def test_who_hears_what(references, sentences):
    assert [text for _, text in heard_story(report(*PAIR, references_by_host=references))] == sentences


def test_each_server_is_told_with_how_it_stands():
    one = References(0.2, 0.01, ("a", "b"), ("c",), {"b": "no answer", "d": "no answer"}, 3.0)
    assert reference_text(one) == "-200 ms ± 10 ms"
    assert list(reference_servers(one)) == [
        (GOOD, "a", "agrees"),
        (GOOD, "b", "agrees; last asked: no answer"),
        (BAD, "c", "falseticker: most of the servers contradict it"),
        (UNKNOWN, "d", "gives nothing: no answer"),
    ]


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (References(), "no majority of its servers"),
        (References(complaints={"a": "no answer"}), "no answer"),
        (References(falsetickers=("b",), complaints={"a": "no answer"}), "no majority of its servers"),
    ],
)
def test_servers_that_do_not_agree(one, text):
    assert reference_text(one) == text
