"""Who leads the canaries: the lowest name that is there, where there is a quorum, in terms that only grow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.leadership import GRACE_S, SERVERS, SILENT_S, STEP, Lead, Leadership
from canary.wire import TERM_MAX

ALL = frozenset(("alpha", "beta", "gamma"))


def settle(leadership, me, now_s=0.0, live=ALL, *, has_quorum=True):
    return leadership.settle(me, live, now_s, has_quorum=has_quorum)


def test_alone_it_leads_in_a_new_term():
    assert settle(Leadership(4), "beta") == Lead("beta", 5)


def test_the_lowest_name_that_was_heard_leads():
    leadership = Leadership()
    leadership.hear("alpha", 0.0, term=7)
    assert settle(leadership, "beta") == Lead("alpha", 7)


def test_without_a_quorum_nobody_leads_and_with_one_again_in_a_new_term():
    leadership = Leadership()
    assert settle(leadership, "alpha") == Lead("alpha", 1)
    assert settle(leadership, "alpha", has_quorum=False) == Lead("", 1)
    assert settle(leadership, "alpha") == Lead("alpha", 2)


def test_who_is_silent_or_unreachable_no_longer_leads():
    leadership = Leadership()
    leadership.hear("alpha", 0.0)
    assert settle(leadership, "beta", SILENT_S - 0.1).leader == "alpha"
    assert settle(leadership, "beta", SILENT_S).leader == "beta"
    leadership.hear("alpha", 100.0)
    assert settle(leadership, "beta", 100.0, frozenset(("beta",))).leader == "beta"


def test_a_term_that_goes_on_is_not_a_new_one():
    leadership = Leadership()
    assert [settle(leadership, "alpha", now_s) for now_s in (0.0, 1.0, 2.0)] == [Lead("alpha", 1)] * 3


def test_who_has_just_started_waits_for_others_to_speak_unless_it_is_alone():
    leadership = Leadership(0, began_s=10.0)
    assert settle(leadership, "beta", 10.0 + GRACE_S - 0.1).leader == ""
    assert settle(leadership, "beta", 10.0 + GRACE_S).leader == "beta"
    assert settle(Leadership(0, 10.0), "beta", 10.0, frozenset(("beta",))).leader == "beta"
    led = Leadership(0, 10.0)
    led.hear("alpha", 10.0)
    assert settle(led, "beta", 10.0).leader == "alpha"


def test_who_is_heard_after_a_silence_is_news():
    leadership = Leadership()
    assert [leadership.hear("alpha", now_s) for now_s in (0.0, 1.0)] == [True, False]
    settle(leadership, "beta", 100.0)
    assert leadership.hear("alpha", 100.0)


def test_nameless_nobody_leads():
    assert settle(Leadership(), "").leader == ""


def test_one_voice_does_not_carry_the_terms_away():
    """Else no canary could take a higher one any more, and each would lead for itself."""
    canaries = {name: Leadership(4) for name in ("alpha", "beta")}
    for now_s in range(5):
        for canary in canaries.values():
            canary.hear("gamma", now_s, term=TERM_MAX)
        leads = {}
        for me, canary in canaries.items():
            leads[me] = settle(canary, me, now_s)
            for other, listener in canaries.items():
                if other != me:
                    listener.hear(me, now_s, leads[me].term)
    assert set(leads.values()) == {Lead("alpha", 5)}
    assert canaries["beta"].doubted == {"gamma": TERM_MAX}
    assert canaries["beta"].limit == 5 + STEP


def test_whoever_leads_takes_a_later_term_than_that_of_any_decision():
    leadership = Leadership(4)
    leadership.know(9, "beta")
    assert settle(leadership, "alpha") == Lead("alpha", 10)


def test_a_term_in_which_another_has_decided_is_left():
    """Who has just started may take the very term of who led meanwhile: of two leaders in one term the larger name counts."""
    alpha, gamma = Leadership(1), Leadership(1)
    assert (settle(alpha, "alpha"), settle(gamma, "gamma")) == (Lead("alpha", 2), Lead("gamma", 2))
    for leadership in (alpha, gamma):
        leadership.know(2, "beta")
    assert (settle(alpha, "alpha"), settle(gamma, "gamma")) == (Lead("alpha", 3), Lead("gamma", 2))
    alpha.know(3, "alpha")
    assert settle(alpha, "alpha") == Lead("alpha", 3)


def test_one_voice_moves_the_term_a_little():
    leadership = Leadership(4)
    leadership.hear("alpha", 0.0, term=4 + STEP)
    assert settle(leadership, "beta") == Lead("alpha", 4 + STEP)
    assert leadership.doubted == {}


@pytest.mark.parametrize(
    ("own", "members", "told", "term"),
    [
        (4, 3, {"alpha": 9_000, "gamma": 8_000}, 9_000),
        (4, 5, {"alpha": 9_000, "gamma": 8_000}, 4),
        (4, 5, {"alpha": 9_000, "gamma": 8_000, "delta": 7_000}, 8_000),
        (0, 2, {"alpha": 9_000}, 9_000),
        (4, 2, {"alpha": 9_000}, 4),
        (4, 3, {"alpha": TERM_MAX, "gamma": TERM_MAX}, TERM_MAX),
    ],
    ids=["majority", "two of five", "three of five", "who never knew one", "one of two", "the largest"],
)
def test_a_term_that_a_majority_tells_is_taken_over(own, members, told, term):
    leadership = Leadership(own)
    leadership.members = frozenset(("alpha", "beta", "gamma", "delta", "epsilon")[:members])
    for server, one in told.items():
        leadership.hear(server, 0.0, term=one)
    assert settle(leadership, "beta").term == term


def test_what_an_elder_ledger_holds_beyond_the_largest_term_is_mended():
    leadership = Leadership(TERM_MAX + 1)
    assert settle(leadership, "alpha") == Lead("alpha", TERM_MAX)


def test_a_flood_of_names_is_bounded():
    leadership = Leadership()
    for number in range(SERVERS + 10):
        leadership.hear(f"h{number}", 0.0)
    assert len(leadership._heard) == SERVERS


@given(st.lists(st.tuples(st.sampled_from(sorted(ALL)), st.booleans(), st.frozensets(st.sampled_from(sorted(ALL))))))
def test_terms_never_fall(steps):
    """Whoever speaks is heard by those it reaches; each concludes for itself."""
    canaries = {name: Leadership() for name in ALL}
    terms = dict.fromkeys(ALL, 0)
    for now_s, (me, has_quorum, live) in enumerate(steps):
        lead = settle(canaries[me], me, float(now_s), live | {me}, has_quorum=has_quorum)
        assert lead.term >= terms[me]
        terms[me] = lead.term
        for other in live:
            canaries[other].hear(me, float(now_s), lead.term)
