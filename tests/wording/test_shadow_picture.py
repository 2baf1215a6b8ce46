"""What several hosts tell of shadows, put together: whose word counts for what, what it means, and what comes first."""

import pytest
from msgspec.structs import replace

from communicator.answers.shadows import Comparisons
from communicator.wording import marks
from communicator.wording.shadow_picture import Silence, put_together
from tests.bellwether import shadow_sample as sample
from tests.bellwether.shadow_sample import (
    ALIKE,
    COMPARISON,
    ENTRY,
    FENCE,
    MIRROR,
    NOTHING,
    REFERENCE,
    SUSPECT,
    UNPAIRED,
)


def alone(entry=ENTRY, comparison=ALIKE, mirror=MIRROR, silent=None):
    """The one shadow there is."""
    told = Comparisons(
        server="alpha",
        comparisons=() if comparison is None else (comparison,),
        mirrors=() if mirror is None else (mirror,),
    )
    (one,) = put_together([] if entry is None else [entry], {"alpha": told}, silent)
    return one


def test_the_policy_the_primary_and_the_fence_tell_of_one_shadow():
    told = {"alpha": sample.ON_ALPHA, "gamma": sample.ON_GAMMA}
    one, reference = put_together([REFERENCE, ENTRY], told)
    assert (one.entry, one.fence, one.build, one.is_reference) == (ENTRY, FENCE, "", False)
    (side,) = one.sides
    assert (side.server, side.mirror, side.comparison, side.verdict) == ("alpha", MIRROR, COMPARISON, "differs")
    assert (reference.entry, reference.is_reference, reference.next) == (REFERENCE, True, "")


def test_each_primary_is_a_side_and_the_worst_is_the_verdict():
    told = {
        "alpha": Comparisons(comparisons=(ALIKE,), mirrors=(MIRROR,)),
        "beta": Comparisons(comparisons=(replace(SUSPECT, primary="beta"),)),
    }
    (one,) = put_together([replace(ENTRY, primary="*", build="9f3c")], told)
    assert [(side.server, side.verdict) for side in one.sides] == [("alpha", "alike"), ("beta", "may differ")]
    assert (one.verdict, one.build) == ("may differ", "9f3c")


IDLE = replace(MIRROR, copied_total=0, queue_messages=0, conversations_total={"whole": 0})


def of_all_primaries(primary="*", **on_beta):
    told = {"alpha": Comparisons(comparisons=(ALIKE,), mirrors=(MIRROR,)), "beta": Comparisons(**on_beta)}
    (one,) = put_together([replace(ENTRY, primary=primary)], told)
    return one


@pytest.mark.parametrize("state", ["copying", "absent"])
def test_a_host_on_which_the_service_does_not_run_is_no_side_of_a_shadow_of_all_primaries(state):
    one = of_all_primaries(mirrors=(replace(IDLE, state=state),))
    assert ([side.server for side in one.sides], one.verdict) == (["alpha"], "alike")
    assert one.meaning == "it answers as the primary does"


@pytest.mark.parametrize(
    ("primary", "on_beta"),
    [
        ("*", {"mirrors": (replace(IDLE, copied_total=1),)}),
        ("*", {"mirrors": (replace(IDLE, conversations_total={"absent": 1}),)}),
        ("*", {"mirrors": (IDLE,), "comparisons": (replace(NOTHING, primary="beta"),)}),
        ("beta", {"mirrors": (IDLE,)}),
    ],
    ids=["copied", "not begun", "compared", "named"],
)
def test_a_host_with_something_to_copy_is_a_side(primary, on_beta):
    assert "beta" in [side.server for side in of_all_primaries(primary, **on_beta).sides]


def test_where_nothing_is_copied_anywhere_yet_all_hosts_are_shown():
    told = {server: Comparisons(mirrors=(IDLE,)) for server in ("alpha", "beta")}
    (one,) = put_together([replace(ENTRY, primary="*")], told)
    assert [side.server for side in one.sides] == ["alpha", "beta"]


def test_what_needs_a_person_comes_first():
    entries = [replace(ENTRY, service=name) for name in ("calm", "odd", "new")]
    told = Comparisons(comparisons=(replace(ALIKE, service="calm"), replace(COMPARISON, service="odd")))
    assert [one.service for one in put_together(entries, {"alpha": told})] == ["odd", "new", "calm"]


DIFF = "look where: bellwether shadow diff billing"
BUSY = replace(MIRROR, conversations_total={"whole": 10, "busy_load": 10})
EARLY = replace(MIRROR, copied_total=1_000, conversations_total={"whole": 0, "busy_unanswered": 33})
WAIT = "wait until a conversation has ended, which it has 30 s after its last message"


@pytest.mark.parametrize(
    ("given", "verdict", "meaning", "advice"),
    [
        ({"comparison": COMPARISON}, "differs", "it answers otherwise than the primary", DIFF),
        ({"comparison": SUSPECT}, "may differ", "some replies differ by more than noise, too few", f"{DIFF}; or wait"),
        ({"comparison": UNPAIRED}, "inconclusive", "so many replies have no partner", "see in its log"),
        ({"comparison": NOTHING}, "nothing compared", "nothing was compared yet", WAIT),
        ({}, "alike", "it answers as the primary does", "bellwether deploy status billing says what is next"),
        ({"entry": replace(ENTRY, deployment="")}, "alike", "it answers as the primary does", "nothing has to be done"),
        (
            {"mirror": replace(MIRROR, state="absent")},
            "alike",
            "it is not registered with the router of gamma, or no way leads there",
            "find out there why: systemctl status billing-shadow.service",
        ),
        (
            {"mirror": replace(MIRROR, state="absent"), "entry": None},
            "alike",
            "it is not registered",
            "find out there why: see its log",
        ),
        (
            {"mirror": replace(MIRROR, state="unsupported"), "comparison": None},
            "nothing compared",
            "the router of gamma does not know shadows",
            "update Bellwether on gamma",
        ),
        ({"mirror": EARLY, "comparison": NOTHING}, "nothing compared", "nothing was compared yet", WAIT),
        ({"mirror": replace(EARLY, state="busy"), "comparison": NOTHING}, "nothing compared", "most", "give it a"),
        ({"mirror": BUSY}, "alike", "most conversations are not compared", "give it a smaller share"),
        ({"mirror": BUSY, "comparison": COMPARISON}, "differs", "it answers otherwise", DIFF),
        ({"mirror": None}, "alike", "the router of alpha copies nothing for it", "is the service up there"),
        (
            {"mirror": None, "comparison": None, "silent": {"alpha": Silence("it does not answer within 5 s")}},
            "nothing compared",
            "what is compared on alpha is not known here: it does not answer within 5 s",
            "have a canary of this release run there",
        ),
        (
            {"entry": replace(ENTRY, primary=""), "mirror": None, "comparison": None},
            "nothing compared",
            "nothing is copied for it any more, and nobody hears it",
            "stop it, or deploy it",
        ),
    ],
)
def test_it_is_said_what_it_means_and_what_to_do(given, verdict, meaning, advice):
    one = alone(**given)
    assert one.verdict == verdict
    assert one.meaning.startswith(meaning)
    assert one.next.startswith(advice)


@pytest.mark.parametrize("comparison", [ALIKE, SUSPECT, COMPARISON, NOTHING])
def test_of_a_shadow_that_is_over_it_is_said_that_it_is(comparison):
    one = alone(entry=None, mirror=None, comparison=comparison)
    assert one.meaning == "it is a shadow no more; this is what had been found"
    assert one.next == "what differed: bellwether shadow diff billing"
    assert (one.is_over, one.standing) == (True, (marks.GONE, "over"))


LEFT = replace(ENTRY, primary="", share=0.0)


@pytest.mark.parametrize(
    ("entries", "fences"), [((LEFT,), ()), ((), (FENCE,)), ((LEFT,), (FENCE,))], ids=["left", "fenced", "both"]
)
def test_of_one_that_its_deployment_has_left_behind_the_comparison_is_over(entries, fences):
    told = {"alpha": Comparisons(comparisons=(COMPARISON,)), "gamma": Comparisons(fences=fences)}
    (one,) = put_together(entries, told)
    assert (one.is_over, one.meaning) == (True, "nothing is copied for it any more, and nobody hears it")


@pytest.mark.parametrize(
    ("entry", "mirror"), [(ENTRY, MIRROR), (ENTRY, None), (None, MIRROR)], ids=["both", "policy", "copies"]
)
def test_a_shadow_for_which_something_is_copied_is_not_over(entry, mirror):
    one = alone(entry=entry, mirror=mirror, comparison=COMPARISON)
    assert (one.is_over, one.standing) == (False, (marks.BAD, "differs"))


def test_what_an_earlier_deployment_has_found_is_not_said_of_the_shadow_of_this_one():
    entry = replace(ENTRY, deployment="d2")
    assert alone(entry=entry, comparison=replace(COMPARISON, deployment="d1")).verdict == "nothing compared"
    assert alone(entry=entry, comparison=replace(COMPARISON, deployment="d2")).verdict == "differs"


def test_what_is_over_comes_after_what_goes_on():
    told = Comparisons(comparisons=(replace(COMPARISON, service="past"), replace(ALIKE, service="calm")))
    shown = put_together([replace(ENTRY, service="calm")], {"alpha": told})
    assert [one.service for one in shown] == ["calm", "past"]


def test_a_primary_on_a_host_that_nobody_asked_is_not_known():
    (one,) = put_together([ENTRY], {"beta": Comparisons()})
    assert (one.meaning, one.next) == (
        "what is compared on alpha is not known here: no canary is up there",
        "have a canary of this release run there",
    )


def test_one_that_only_says_of_itself_that_it_is_a_shadow_is_told_of_too():
    (one,) = put_together([], {"gamma": sample.ON_GAMMA})
    assert (one.server, one.fence, one.sides, one.verdict) == ("gamma", FENCE, (), "nothing compared")
    assert one.meaning == "it has registered as a shadow by itself: nothing is copied for it, and nobody hears it"
    assert "'shadow'" in one.next
