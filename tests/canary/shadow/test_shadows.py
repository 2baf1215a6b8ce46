"""All comparisons of a host: what comes in, in whatever order, and what is told of it."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.records import ShadowCompared
from canary.shadow.comparing import CLEAR_LOG10, ROWS, TOP
from canary.shadow.conversations import GRACE_S
from canary.shadow.second_replies import KEPT_S
from canary.shadow.shadows import OVER_S, REFERENCE_S, SHADOWS, SILENT_S, Shadows, Standing
from canary.shadow.terms import Terms, Vocabulary, read_vocabulary
from communicator.answers.shadows import Step, Steps
from communicator.definitions.loading import packaged_files
from communicator.protocol import Message
from communicator.protocol.definitions import SourceFile, read_catalogue
from tests.canary.shadow.talk import KEY, REFERENCE, SHADOW, VOCABULARY, asked, ended, run, said


def compared(*steps, reference=(), now_s=GRACE_S, before=None, vocabulary=VOCABULARY, **terms):
    """Shadows that have heard that, and compared it."""
    standing = Standing(Terms(**terms), vocabulary, KEY, before)
    found = Shadows(lambda _key: standing)
    if reference:
        found.hear(Steps(**REFERENCE, steps=reference), 0.0)
    found.hear(Steps(**SHADOW, steps=steps), 0.0)
    run(found, now_s)
    return found


def told(found, now_s=GRACE_S):
    (comparison,) = found.describe(now_s, "alpha", lambda _service: "1.0")
    return comparison


def talk(name="c", primary="1", shadow="1", **more):
    """One question, and what both say."""
    return (
        asked(name),
        said("primary", name, a=primary, **more),
        said("shadow", name, a=shadow, **more),
        ended(name),
    )


def test_a_conversation_is_compared_when_it_is_over_and_not_before():
    found = compared(*talk(), now_s=0.0)
    assert told(found).conversations == 0
    assert found.next_deadline_s == GRACE_S
    run(found, GRACE_S)
    assert (told(found).conversations, told(found).matching, found.next_deadline_s) == (1, 1, None)


def test_what_is_told_names_both_sides():
    comparison = told(compared(*talk()))
    assert (comparison.service, comparison.version, comparison.build, comparison.server) == (
        "billing",
        "2.0",
        "*",
        "gamma",
    )
    assert (comparison.primary, comparison.primary_version, comparison.deployment) == ("alpha", "1.0", "d1")


@given(
    cut=st.integers(0, 3),
    order=st.permutations([step for name in "ab" for step in (*talk(name, shadow="2"), said("primary", name, a="3"))]),
)
def test_no_reply_of_a_cut_conversation_counts_in_whatever_order_it_is_told(cut, order):
    steps = [*order[: cut * 3], ended("a", cut="queue"), *order[cut * 3 :]]
    comparison = told(compared(*steps))
    assert comparison.incomplete == {"queue": 1}
    assert (comparison.conversations, comparison.matching + comparison.differing) == (1, 1)
    assert (comparison.unpaired_primary, comparison.unpaired_shadow) == (1, 0)


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ((Step(conversation="c", what="asked", number=0, line="no command"), *talk()[1:]), "unreadable"),
        ((asked(), Step(conversation="c", what="primary", line=""), *talk()[1:]), "unreadable"),
        ((Step(conversation="c", what="asked", number=0, line="<beta:canary billing/CHARGE"), *talk()[1:]), "own"),
    ],
    ids=["question", "reply", "our own question"],
)
def test_what_cannot_be_read_and_what_a_canary_asked_is_not_compared(steps, reason):
    found = compared(*steps)
    assert (told(found).incomplete, told(found).conversations) == ({reason: 1}, 0)


def test_too_many_replies_without_a_partner_say_nothing():
    steps = [step for number in range(19) for step in talk(f"c{number}")]
    assert told(compared(*steps, *talk("d")[:2], ended("d"))).is_conclusive
    silent = told(compared(*steps, *talk("d")[:2], ended("d"), *talk("e")[:2], ended("e")))
    assert (silent.is_conclusive, silent.unpaired_primary, silent.matching) == (False, 2, 19)


def test_how_long_both_took_is_compared_where_both_are_known():
    steps = (*talk("a", after_s=0.25), *talk("b"))
    latency = told(compared(*steps)).latency
    assert latency.replies == 1
    assert latency.primary_p99_s == pytest.approx(0.25, rel=0.05)
    assert told(compared(*talk())).latency.primary_p50_s is None


def test_a_reference_tells_noise_whichever_is_heard_first():
    shadow = [step for number in range(30) for step in talk(f"c{number}", shadow="2")]
    reference = [step for number in range(30) for step in talk(f"c{number}", shadow="3")]
    first = compared(*shadow, reference=reference)
    last = compared(*shadow)
    last.hear(Steps(**REFERENCE, steps=reference), GRACE_S)
    run(last, 2 * GRACE_S)
    for found in (first, last):
        (row,) = told(found, 2 * GRACE_S).differences
        assert (row.differing, row.noise_differing, row.noise_compared) == (30, 30, 30)
        assert not row.is_news
        assert told(found).noise == "second primary"
    assert told(first).differing == 0


def test_a_conversation_that_the_reference_did_not_get_is_no_noise():
    found = compared(*talk("a", shadow="2"), reference=talk("b", shadow="3"))
    (row,) = told(found).differences
    assert (row.noise_compared, row.is_news) == (0, False)
    assert not told(found).is_conclusive


def test_a_reference_that_is_gone_is_waited_for_no_longer():
    found = compared(*talk("a"), reference=talk("a"), replay=1.0)
    assert told(found).noise == "second primary"
    assert told(found, REFERENCE_S + 1).noise == "self-replay"
    late = max(KEPT_S, REFERENCE_S) + 1
    found.hear(Steps(**SHADOW, steps=talk("b", shadow="2")), late)
    run(found, late + GRACE_S)
    assert len(replays_of(found)[1:]) == 1


def replays_of(found):
    (comparing,) = found.comparings
    return [comparing, *iter(comparing.replays.take, None)]


def test_only_what_may_be_repeated_is_asked_again():
    _, replay = replays_of(compared(*talk(shadow="2"), replay=1.0))
    assert (replay.request.command, replay.primary.content, replay.differing) == ("CHARGE", {"a": "1"}, {"CHARGED.a"})
    assert replays_of(compared(*talk(), replay=1.0, vocabulary=Vocabulary()))[1:] == []
    assert replays_of(compared(*talk(), replay=1.0, noise="none"))[1:] == []
    assert replays_of(compared(*talk(), replay=0.0))[1:] == []
    assert replays_of(compared(*talk(), reference=talk(), replay=1.0))[1:] == []


def test_which_question_is_asked_again_must_be_known():
    two = (asked(), asked(number=1), *talk()[1:])
    assert replays_of(compared(*two, replay=1.0))[1:] == []
    known = (asked(), asked(number=1, order="7"), said("primary"), said("shadow", number=1), ended())
    _, replay = replays_of(compared(*known, replay=1.0))
    assert replay.request.get("order") == "7"
    assert (
        replays_of(compared(asked(), said("primary"), said("shadow", number=9), asked(number=1), ended(), replay=1.0))[
            1:
        ]
        == []
    )


def test_an_answer_to_a_question_that_was_asked_again_is_noise():
    found = compared(*talk(shadow="2"), replay=1.0)
    comparing, replay = replays_of(found)
    comparing.hear_again(replay, Message("CHARGED", {"a": "5", "correlation_id": "x"}))
    (row,) = told(found).differences
    assert (row.noise_compared, row.noise_differing) == (1, 1)


@pytest.mark.parametrize("answer", [None, Message("REFUSED")])
def test_no_answer_and_another_one_are_noise_at_the_command(answer):
    steps = (asked(), said("primary"), said("shadow", command="REFUSED"), ended())
    found = compared(*steps, replay=1.0)
    comparing, replay = replays_of(found)
    assert replay.answers == {"CHARGED", "REFUSED"}
    comparing.hear_again(replay, answer)
    (row,) = told(found).differences
    assert (row.path, row.noise_compared, row.noise_differing) == ("CHARGED", 1, 1)


def test_where_the_primary_alone_differs_from_itself_nothing_is_told_and_it_counts_against_the_evidence():
    found = compared(*talk(), replay=1.0)
    comparing, replay = replays_of(found)
    comparing.hear_again(replay, Message("CHARGED", {"a": "5"}))
    assert told(found).differences == ()
    assert told(found).log10_evidence < 0


def test_once_the_evidence_is_clear_no_more_is_asked_than_the_share():
    steps = [step for number in range(60) for step in talk(f"c{number}", shadow="2")]
    found = compared(replay=0.0)
    asked_again = 0
    for number in range(0, len(steps), 4):
        found.hear(Steps(**SHADOW, steps=steps[number : number + 4]), 0.0)
        run(found, GRACE_S)
        comparing, *replays = replays_of(found)
        asked_again += len(replays)
        for replay in replays:
            comparing.hear_again(replay, Message("CHARGED", {"a": "1"}))
    assert told(found).log10_evidence >= CLEAR_LOG10
    assert 10 < asked_again < 40


def test_what_the_leader_hears_goes_on_from_another_life():
    (comparing,) = compared(
        *talk("a"), *talk("b", shadow="2"), asked("c"), ended("c", cut="queue"), noise="none"
    ).comparings
    record = comparing.tell(GRACE_S, "alpha")
    assert (record.conversations, record.incomplete, record.compared, record.matching) == (2, 1, 2, 1)
    assert (record.differing, record.unpaired, record.paths) == (1, 0, ("CHARGED.a",))
    before = msgspec.structs.replace(record, log10_evidence=1.5)
    (again,) = compared(*talk("a"), before=before).comparings
    record = again.tell(GRACE_S, "alpha")
    assert (record.conversations, record.incomplete, record.compared, record.matching) == (3, 1, 3, 2)
    assert (record.log10_evidence, record.paths) == (1.5, ("CHARGED.a",))
    assert isinstance(record, ShadowCompared)


def test_the_weightiest_places_come_first_and_so_many_are_told():
    body = {f"k{number}": number for number in range(150)}
    steps = []
    for number in range(6):
        changed = {**body, **{f"k{each}": -1 for each in range(150 if number == 0 else 1)}}
        steps += [
            asked(f"c{number}"),
            *(
                said(what, f"c{number}", f"C{each}", to=f"beta:s{each}", body=json.dumps(value))
                for each in range(4)
                for what, value in (("primary", body), ("shadow", changed))
            ),
            ended(f"c{number}"),
        ]
    comparison = told(compared(*steps, noise="none"))
    assert (len(comparison.differences), comparison.omitted) == (ROWS, 4 * 150 - ROWS)
    assert {row.path for row in comparison.differences[:4]} == {f"C{each}.body.k0" for each in range(4)}


def test_the_leader_hears_of_so_many_places():
    parameters = {f"p{number}": "1" for number in range(TOP + 5)}
    changed = dict.fromkeys(parameters, "2")
    (comparing,) = compared(
        asked(), said("primary", **parameters), said("shadow", **changed), ended(), noise="none"
    ).comparings
    assert len(comparing.tell(GRACE_S, "alpha").paths) == TOP


def test_another_deployment_is_another_comparison():
    found = compared(*talk())
    found.hear(Steps(**SHADOW | {"deployment": "d2"}, steps=talk()), 0.0)
    run(found, GRACE_S)
    assert [one.conversations for one in found.describe(GRACE_S, "alpha", str)] == [1, 1]


def test_so_many_shadows_are_compared_and_a_further_one_once_another_was_silent():
    found = compared(*talk())
    for number in range(2 * SHADOWS):
        found.hear(Steps(**SHADOW | {"deployment": f"x{number}"}), 1.0)
        found.hear(Steps(**REFERENCE | {"service": f"s{number}"}), 1.0)
    heard = ["d1", *(f"x{number}" for number in range(SHADOWS - 1))]
    assert [comparing.key.deployment for comparing in found.comparings] == heard
    found.hear(Steps(**SHADOW | {"deployment": "late"}), SILENT_S)
    assert [comparing.key.deployment for comparing in found.comparings] == [*heard[1:], "late"]


def test_what_is_over_is_let_go_after_a_while_and_what_is_wanted_is_not():
    found = compared(*talk())
    found.hear(Steps(**SHADOW | {"deployment": "d2"}), GRACE_S)
    for at_s in (0.0, OVER_S - 1, OVER_S):
        found.let_go(lambda key: key.deployment == "d2", at_s)
        left = [comparing.key.deployment for comparing in found.comparings]
        assert left == (["d1", "d2"] if at_s < OVER_S else ["d2"])
    assert found.next_deadline_s is None


def test_what_is_wanted_again_is_kept():
    found = compared(*talk())
    for at_s, is_wanted in ((0.0, False), (OVER_S - 1, True), (OVER_S, False), (2 * OVER_S - 1, False)):
        found.let_go(lambda _key, is_wanted=is_wanted: is_wanted, at_s)
    assert len(found.comparings) == 1


def test_what_definitions_say_of_repeating_and_of_secrets():
    texts = {
        "CHARGED": b"[password]\nflags=optional\n[amount]\nflags=optional\n[card]\nsecret=true\n",
        "PRICE": b"repeatable=true\nreply=PRICED\n",
    }
    files = [SourceFile(f"x/{command}.conf", command, text) for command, text in texts.items()]
    vocabulary = read_vocabulary(read_catalogue([*files, *packaged_files()])[0])
    assert vocabulary.repeatable & texts.keys() == {"PRICE"}
    assert vocabulary.answers["PRICE"] == {"PRICED"}
    assert vocabulary.is_secret("CHARGED", "password")
    assert vocabulary.is_secret("CHARGED", "card")
    assert not vocabulary.is_secret("CHARGED", "amount")
