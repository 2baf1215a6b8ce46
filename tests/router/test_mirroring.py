"""Copies for shadows: what is copied, when it leaves, what is cut, and what the comparator hears of it."""

import json
import sys
from collections import Counter

import msgspec
import pytest

from communicator.router.cores import mirror as limits
from communicator.router.cores import sampling
from communicator.router.cores.mirrors import MIRRORS
from communicator.router.cores.steps import STEPS_AT_ONCE
from communicator.router.delivery import mirroring
from communicator.router.vocabulary.records import bucket_of
from communicator.wording.shadows import CUT, REASONS, WHOLE
from tests.router.mirrored import SHADOW, Mirrored


@pytest.fixture
def rig():
    return Mirrored(SHADOW)


def totals(rig):
    """What became of conversations; each reason has words for people."""
    [mirror] = rig.mirrors
    assert {reason.removeprefix(CUT) for reason in mirror.totals} <= REASONS.keys() | {WHOLE}
    return dict(mirror.totals)


def test_the_primary_gets_its_message_first_and_the_shadow_its_copy_afterwards(rig):
    rig.say("anna", "billing/ASK n=1")
    assert rig.heard("billing") == ["<peer:anna billing/ASK n=1"]
    assert rig.offers == []
    rig.settle()
    [copy] = rig.copies
    assert (copy.line, copy.number, copy.primary) == (b"<peer:anna billing/ASK n=1", 0, "peer")
    assert [step.line for step in rig.told("asked")] == ["<peer:anna billing/ASK n=1"]


def test_without_a_policy_nothing_is_noted():
    rig = Mirrored()
    rig.say("anna", "billing/ASK n=1")
    assert (rig.looks, rig.offers) == (0, [])
    assert not rig.board.mirrors


@pytest.mark.parametrize(
    "said",
    [
        "./ASK",
        "*/ASK",
        "billing/ALIVE serial=1",
        "billing/STOP",
        "billing/ASK shadow=1",
        'billing/ASK n=1;shadow="1"',
    ],
)
def test_what_is_not_for_the_service_alone_is_not_copied(rig, said):
    rig.say("anna", said)
    rig.settle()
    assert rig.copies == []


def test_what_merely_looks_like_a_copy_is_copied(rig):
    rig.say("anna", "billing/ASK text=shadow=1")
    rig.settle()
    assert len(rig.copies) == 1


def test_what_the_router_itself_says_is_not_copied(rig):
    rig.say("billing", "HELP\nCLUSTER_GET_STATUS")
    rig.settle()
    assert rig.heard("billing")
    assert rig.copies == []


@pytest.mark.parametrize("key", ["", "account"])
def test_what_the_canary_asks_twice_is_no_part_of_a_conversation(key):
    rig = Mirrored({**SHADOW, "key": key})
    rig.say("anna", "billing/ASK account=7;n=1")
    rig.say("canary", "billing/ASK account=7;n=2")
    rig.say("billing", "canary/ANSWER account=7;n=2\nanna/ANSWER account=7;n=1")
    rig.settle()
    assert [step.line[-3:] for _, step in rig.steps] == ["n=1", "n=1"]


def test_a_whole_read_is_one_conversation_and_its_messages_are_numbered(rig):
    rig.say("anna", "\n".join(f"billing/ASK n={n}" for n in range(30)))
    rig.settle()
    assert [copy.number for copy in rig.copies] == list(range(30))
    assert len({copy.conversation for copy in rig.copies}) == 1
    assert [copy.line[-4:].split(b"=")[1] for copy in rig.copies] == [b"%d" % n for n in range(30)]


def test_a_read_of_another_router_is_cut_apart_by_sender(rig):
    rig.say("far", "\n".join(f"<far:s{n % 3} peer:billing/ASK n={n};m=1" for n in range(9)))
    rig.settle()
    by_conversation = {}
    for copy in rig.copies:
        by_conversation.setdefault(copy.conversation, []).append(copy.line.split(b" ")[0])
    assert sorted(map(set, by_conversation.values()), key=str) == [{b"<far:s0"}, {b"<far:s1"}, {b"<far:s2"}]


def test_replies_of_the_primary_belong_to_the_conversation_with_whom_they_go_to(rig):
    rig.say("anna", "billing/ASK n=1")
    rig.say("bert", "billing/ASK n=2")
    rig.settle()
    rig.say("billing", "anna/ANSWER n=1\npeer:bert/ANSWER n=2\nCLUSTER_GET_STATUS\nfar:anna/ANSWER n=3")
    rig.settle()
    of = {step.line: step.conversation for step in rig.told("asked")}
    assert [(step.conversation, step.line) for step in rig.told("primary")] == [
        (of["<peer:anna billing/ASK n=1"], "anna/ANSWER n=1"),
        (of["<peer:bert billing/ASK n=2"], "peer:bert/ANSWER n=2"),
    ]


def test_a_reply_may_come_before_the_message_was_looked_at(rig):
    asked = "\n".join(f"<far:s{n} peer:billing/ASK n={n}" for n in range(2 * mirroring.LINES_AT_ONCE))
    rig.say("far", asked)
    rig.look()
    for n in range(2 * mirroring.LINES_AT_ONCE):
        rig.say("billing", f"far:s{n}/ANSWER n={n}")
    rig.settle()
    assert len(rig.told("asked")) == len(rig.told("primary")) == 2 * mirroring.LINES_AT_ONCE


def test_a_reply_that_names_a_message_has_its_number_and_time(rig):
    rig.say("anna", "billing/ASK correlation_id=a\nbilling/ASK correlation_id=b")
    rig.look()
    rig.pass_time(0.25)
    rig.say("billing", "anna/ANSWER correlation_id=b\nanna/ANSWER correlation_id=z\nanna/ANSWER n=1")
    rig.settle()
    assert [(step.number, step.after_s) for step in rig.told("primary")] == [(1, 0.25), (-1, 0.0)]


def test_a_reply_that_comes_before_its_message_was_looked_at_belongs_to_it(rig):
    rig.say("anna", "billing/ASK correlation_id=a")
    rig.pass_time(0.25)
    rig.say("billing", "anna/ANSWER correlation_id=a")
    rig.say("far", "<far:carl peer:billing/ASK n=1\n<far:dora peer:billing/ASK n=2")
    rig.say("billing", "far:dora/ANSWER n=2")
    rig.settle()
    assert [(step.number, step.after_s) for step in rig.told("primary")] == [(0, 0.25), (-1, 0.0)]


def test_by_a_parameter_a_reply_may_come_before_its_message_was_looked_at():
    rig = Mirrored({**SHADOW, "key": "account"})
    rig.say("anna", "billing/ASK account=1")
    rig.say("billing", "anna/ANSWER account=1")
    rig.settle()
    assert [step.line for step in rig.told("primary")] == ["anna/ANSWER account=1"]


def test_what_was_said_before_the_first_message_of_a_conversation_is_none_of_its_replies(rig):
    rig.say("anna", "billing/ASK n=1")
    rig.say("billing", "anna/ANSWER n=1\nbert/ANSWER n=0")
    rig.say("bert", "billing/ASK n=2")
    rig.say("billing", "bert/ANSWER n=2")
    rig.settle()
    assert [step.line for step in rig.told("primary")] == ["anna/ANSWER n=1", "bert/ANSWER n=2"]


def tell_two(rig):
    """Reference and candidate are both there."""
    instances = [
        {"server": "far", "service": "billing", "role": "shadow", "state": "up", "version": version}
        for version in ("1.0", "2.0")
    ]
    rig.tell(bucket_of("billing"), {"instances": instances}, 3)


def test_two_keys_of_one_service_are_told_of_the_same_messages():
    rig = Mirrored(SHADOW, {**SHADOW, "version": "1.0", "is_reference": True, "key": "account"})
    tell_two(rig)
    rig.say("anna", "billing/ASK account=1")
    rig.say("billing", "anna/ANSWER account=1")
    rig.settle()
    for version in ("1.0", "2.0"):
        assert [len(rig.told(what, version)) for what in ("asked", "primary")] == [1, 1]


def test_replies_of_the_shadow_are_told(rig):
    rig.say("anna", "billing/ASK n=1")
    rig.settle()
    rig.shadow_says(rig.copies[0], "anna/ANSWER n=2")
    rig.settle()
    [step] = rig.told("shadow")
    assert (step.number, step.line) == (0, "anna/ANSWER n=2")


def test_a_conversation_is_over_after_a_silence_and_whole_once_late_replies_were_awaited(rig):
    rig.say("anna", "billing/ASK n=1")
    rig.settle()
    rig.pass_time(29)
    rig.say("anna", "billing/ASK n=2")
    rig.settle()
    rig.pass_time(31)
    rig.shadow_says(rig.copies[0], "anna/ANSWER n=2")
    rig.say("billing", "anna/ANSWER n=3")
    rig.settle()
    assert (totals(rig), rig.told("ended")) == ({}, [])
    assert len(rig.told("primary")) == len(rig.told("shadow")) == 1
    rig.pass_time(30)
    rig.settle()
    [ended] = rig.told("ended")
    assert (totals(rig), ended.cut) == ({"whole": 1}, "")
    assert not rig.sampler.parties
    rig.say("anna", "billing/ASK n=3")
    rig.settle()
    assert rig.copies[-1].conversation != ended.conversation


def test_what_a_shadow_says_when_its_conversation_is_over_for_good_is_told_as_late(rig):
    rig.say("anna", "billing/ASK n=1")
    rig.settle()
    rig.pass_time(61)
    rig.settle()
    [copy] = rig.copies
    rig.shadow_says(copy, "anna/ANSWER n=1")
    rig.shadow_says(msgspec.structs.replace(copy, conversation="unknown"), "anna/ANSWER n=1")
    rig.settle()
    assert [step.what for _, step in rig.steps] == ["asked", "ended", "shadow"]


def test_whoever_says_nothing_that_is_copied_again_and_again_keeps_no_other_conversation_open(rig):
    rig.say("bert", "billing/ALIVE serial=1")
    rig.settle()
    rig.say("anna", "billing/ASK n=1")
    rig.settle()
    for _ in range(7):
        rig.pass_time(10)
        rig.say("bert", "billing/ALIVE serial=2")
        rig.settle()
    [ended] = rig.told("ended")
    assert (totals(rig), ended.cut) == ({"whole": 1}, "")


def test_a_conversation_is_over_when_it_is_long_and_the_primary_owes_nothing(rig):
    for n in range(sampling.LENGTH_MESSAGES):
        rig.say("anna", f"billing/ASK n={n}")
    rig.settle()
    rig.say("anna", "billing/ASK n=again")
    rig.settle()
    assert len({copy.conversation for copy in rig.copies}) == 1
    rig.say("billing", "\n".join(["anna/ANSWER n=1"] * (sampling.LENGTH_MESSAGES + 1)))
    rig.say("anna", "billing/ASK n=new")
    rig.settle()
    assert [copy.number for copy in rig.copies[-2:]] == [sampling.LENGTH_MESSAGES, 0]
    assert len(rig.told("primary")) == sampling.LENGTH_MESSAGES + 1


@pytest.mark.parametrize("names_messages", [True, False])
def test_of_a_sender_that_always_awaits_replies_those_that_name_a_message_belong_where_it_was_asked(
    rig, names_messages
):
    def ids(n):
        return f";correlation_id=q{n}" if names_messages else ""

    late = 20
    for n in range(2 * sampling.LONGEST_MESSAGES):
        rig.say("anna", f"billing/ASK n={n}{ids(n)}")
        rig.look()
        if n >= late:
            rig.say("billing", f"anna/ANSWER n={n - late}{ids(n - late)}")
        rig.settle()
    where = {step.line.partition("n=")[2]: step.conversation for step in rig.told("asked")}
    told = [(step.line.partition("n=")[2], step.conversation) for step in rig.told("primary")]
    misplaced = [n for n, conversation in told if where[n] != conversation]
    assert len(told) == len(where) - late
    assert len(misplaced) == (0 if names_messages else late)


def test_a_reply_that_is_never_given_is_not_awaited_for_ever(rig):
    rig.say("anna", "\n".join(["billing/ASK n=1;correlation_id=q"] * sampling.LONGEST_MESSAGES))
    rig.settle()
    for n in range(2 * sampling.LENGTH_MESSAGES):
        rig.say("anna", f"billing/ASK n=2;correlation_id=r{n}")
        rig.settle()
        rig.say("billing", f"anna/ANSWER n=2;correlation_id=r{n}")
        rig.settle()
    assert len({step.conversation for step in rig.told("asked")}) > 1
    assert len(rig.sampler.parties[b"anna"]) == 1


def test_a_conversation_without_replies_is_over_when_it_is_longest(rig):
    for n in range(sampling.LONGEST_MESSAGES + 1):
        rig.say("anna", f"billing/ASK n={n}")
        rig.settle()
    assert rig.copies[-1].number == 0


def test_what_is_no_text_cuts_its_conversation(rig):
    rig.write("anna", b"billing/ASK n=1\nbilling/ASK n=\xff\nbilling/ASK n=3\n")
    rig.settle()
    assert totals(rig) == {"cut_unreadable": 1}
    assert rig.told("ended")[0].cut == "unreadable"
    assert len(rig.copies) == 1


def test_what_has_no_encoding_within_a_line_cuts_its_conversation(rig):
    rig.write("anna", b'billing/ASK n=";\\\\"\nbilling/ASK a;b\\\n')
    rig.settle()
    assert totals(rig) == {"cut_unreadable": 1}


def test_as_much_as_fits_the_window_is_under_way(rig):
    size = 1000
    for n in range(40):
        rig.say("anna", f"billing/ASK n={n};x={'x' * size}")
    [mirror] = rig.mirrors
    while rig.looks or rig.offers:
        rig.look()
        if rig.offers:
            rig.take()
    assert limits.WINDOW_BYTES - 2 * size < mirror.unconfirmed_bytes <= limits.WINDOW_BYTES
    under_way = len(rig.copies)
    rig.confirm()
    rig.settle()
    assert (under_way, len(rig.copies)) == (15, 40)
    assert mirror.unconfirmed_bytes == 0
    assert mirror.copied == 40


def test_one_larger_message_is_under_way_alone(rig):
    for n in range(2):
        rig.say("anna", f"billing/ASK n={n};x={'x' * 2 * limits.WINDOW_BYTES}")
    while rig.looks or rig.offers:
        rig.look()
        if rig.offers:
            rig.take()
    assert len(rig.copies) == 1


def test_what_a_link_does_not_take_is_offered_again(rig):
    rig.say("anna", "billing/ASK n=1")
    rig.look()
    rig.take(taken=False)
    rig.pass_time(0.09)
    assert (rig.copies, rig.looks, rig.offers) == ([], 0, [])
    rig.pass_time(0.02)
    rig.settle()
    assert len(rig.copies) == 1


def test_when_the_queue_is_full_the_rest_of_a_conversation_is_dropped_and_no_other_begins(rig):
    too_many = limits.QUEUE_MESSAGES + limits.COPIES_AT_ONCE + 10
    rig.say("anna", "\n".join(f"billing/ASK n={n}" for n in range(too_many)))
    rig.say("bert", "billing/ASK n=1")
    while rig.looks:
        rig.look()
    assert totals(rig) == {"cut_queue": 1, "busy_queue": 1}
    rig.settle()
    assert len(rig.copies) <= limits.QUEUE_MESSAGES + limits.COPIES_AT_ONCE
    [ended] = rig.told("ended")
    assert ended.cut == "queue"


def test_what_was_lost_on_its_way_cuts_its_conversation(rig):
    rig.say("anna", "billing/ASK n=1")
    rig.say("bert", "billing/ASK n=2")
    rig.look()
    while rig.offers:
        rig.take()
    rig.answers.append("lost")
    rig.confirm()
    rig.pass_time(61)
    rig.settle()
    assert totals(rig) == {"cut_lost": 1, "whole": 1}


def test_several_copies_are_confirmed_together(rig):
    rig.say("anna", "\n".join(f"billing/ASK n={n}" for n in range(4)))
    rig.look()
    rig.take()
    rig.confirm_all(0)
    [mirror] = rig.mirrors
    assert (mirror.copied, mirror.unconfirmed_bytes) == (4, 0)


def test_of_several_copies_confirmed_together_none_counts_where_one_has_not_come(rig):
    rig.say("anna", "billing/ASK n=1\nbilling/ASK n=2")
    rig.say("bert", "billing/ASK n=3\nbilling/ASK n=4")
    rig.look()
    rig.take()
    rig.confirm_all(1)
    assert rig.mirrors[0].copied == 0
    assert totals(rig) == {"cut_lost": 2}


def test_what_is_never_confirmed_is_given_up(rig):
    rig.say("anna", "billing/ASK n=1")
    rig.look()
    while rig.offers:
        rig.take()
    rig.pass_time(limits.UNCONFIRMED_S + 1)
    [mirror] = rig.mirrors
    assert (totals(rig), mirror.unconfirmed_bytes) == ({"cut_unconfirmed": 1}, 0)
    rig.confirm()
    assert mirror.unconfirmed_bytes == 0


@pytest.mark.parametrize(("refused", "counted"), [("absent", "absent"), ("behind", "busy_queue")])
def test_a_copy_that_is_refused_cuts_its_conversation_and_for_a_second_none_begins(rig, refused, counted):
    rig.say("anna", "billing/ASK n=1")
    rig.look()
    while rig.offers:
        rig.take()
    rig.confirm(refused=refused)
    rig.say("bert", "billing/ASK n=1")
    rig.settle()
    assert totals(rig) == {f"cut_{refused}": 1, counted: 1}
    rig.pass_time(61)
    rig.say("bert", "billing/ASK n=2")
    rig.settle()
    assert len(rig.copies) == 2


def test_that_a_copy_was_refused_is_told_soon(rig):
    rig.say("anna", "billing/ASK n=1")
    rig.settle()
    rig.say("anna", "billing/ASK n=2")
    rig.look()
    rig.take()
    rig.pass_time(1)
    while rig.offers:
        rig.take()
    rig.confirm(refused="behind")
    rig.look()
    assert rig.told("ended") == []
    rig.pass_time(mirroring.TELL_S)
    rig.take()
    assert [step.cut for step in rig.told("ended")] == ["behind"]


def test_a_shadow_whose_host_is_loaded_gets_no_new_conversation_until_it_is_not(rig):
    rig.say("anna", "billing/ASK n=1")
    rig.look()
    while rig.offers:
        rig.take()
    rig.confirm(load="0.9")
    rig.say("bert", "billing/ASK n=1")
    rig.settle()
    assert totals(rig) == {"busy_load": 1}
    rig.say("anna", "billing/ASK n=2")
    rig.look()
    while rig.offers:
        rig.take()
    rig.confirm(load="0.5")
    rig.pass_time(61)
    rig.say("bert", "billing/ASK n=1")
    rig.settle()
    assert rig.copies[-1].line == b"<peer:bert billing/ASK n=1"


def test_a_shadow_that_does_not_answer_what_the_primary_has_answered_is_busy(rig):
    for n in range(3):
        rig.say("anna", "\n".join(["billing/ASK n=1"] * 100))
        rig.settle()
        rig.say("billing", "\n".join([f"anna/ANSWER n={n}"] * 100))
        rig.settle()
    [mirror] = rig.mirrors
    assert mirror.unanswered == 300
    rig.say("bert", "billing/ASK n=1")
    rig.settle()
    assert totals(rig) == {"busy_unanswered": 1}
    assert mirror.busy == "unanswered"
    rig.pass_time(61)
    rig.settle()
    assert mirror.unanswered == 0


@pytest.mark.parametrize(
    ("change", "counted"),
    [
        (lambda rig: rig.tell_shadow("down", 2), "absent"),
        (lambda rig: rig.close("far"), "no_route"),
        (lambda rig: rig.close("canary"), "comparator"),
    ],
)
def test_where_nobody_takes_copies_none_begins(rig, change, counted):
    change(rig)
    rig.pass_time(0)
    rig.say("anna", "billing/ASK n=1")
    rig.settle()
    assert (totals(rig), rig.copies) == ({counted: 1}, [])


def test_a_router_that_does_not_know_shadows_gets_nothing():
    rig = Mirrored(SHADOW, features=["directory/1"])
    rig.say("anna", "billing/ASK n=1")
    rig.settle()
    assert totals(rig) == {"unsupported": 1}
    assert stats(rig)[0]["state"] == "unsupported"


def stats(rig):
    rig.forget()
    rig.say("anna", "ROUTER_GET_STATS")
    [line] = rig.heard("anna")
    return json.loads(line.partition("stats=")[2])["mirrors"]


def test_statistics_tell_how_it_goes(rig):
    rig.say("anna", "billing/ASK n=1")
    rig.look()
    [told] = stats(rig)
    assert told["state"] == "copying"
    assert (told["queue_messages"], told["unconfirmed_bytes"]) == (0, len("<peer:anna billing/ASK n=1"))
    rig.settle()
    rig.pass_time(61)
    rig.settle()
    [told] = stats(rig)
    assert (told["copied_total"], told["conversations_total"]) == (1, {"whole": 1})


def test_reference_and_candidate_get_the_same_conversations():
    rig = Mirrored({**SHADOW, "share": 0.5}, {**SHADOW, "version": "1.0", "is_reference": True, "share": 0.25})
    tell_two(rig)
    for n in range(200):
        rig.say("far", f"<far:s{n} peer:billing/ASK n={n};m=1")
        rig.settle()
    of = {version: {c.conversation for c in rig.copies if c.shadow.version == version} for version in ("1.0", "2.0")}
    assert of["1.0"] < of["2.0"]
    assert 25 < len(of["1.0"]) < 75 < len(of["2.0"]) < 125


def test_another_primary_begins_anew(rig):
    rig.say("anna", "billing/ASK n=1")
    rig.settle()
    rig.close("billing")
    rig.register("billing_")
    rig.pass_time(0)
    rig.settle()
    assert totals(rig) == {"cut_primary": 1}
    rig.say("anna", "billing/ASK n=2")
    rig.settle()
    assert rig.copies[-1].number == 0


def test_when_the_lease_is_over_nothing_is_copied():
    rig = Mirrored()
    rig.set_policy(SHADOW, lease_s=10)
    rig.say("anna", "billing/ASK n=1")
    rig.settle()
    rig.pass_time(10.1)
    rig.settle()
    assert [step.cut for step in rig.told("ended")] == ["withdrawn"]
    rig.say("anna", "billing/ASK n=2")
    assert (rig.looks, len(rig.copies), len(rig.board.mirrors)) == (0, 1, 0)
    assert rig.board.registry.live("billing").copied is None


def test_a_policy_that_is_repeated_or_changes_the_share_cuts_nothing(rig):
    rig.say("anna", "billing/ASK n=1")
    rig.settle()
    rig.set_policy({**SHADOW, "share": 0.999, "unit": "billing-shadow.service"})
    rig.say("anna", "billing/ASK n=2")
    rig.settle()
    assert totals(rig) == {}
    assert rig.copies[-1].number == 1
    rig.set_policy({**SHADOW, "key": "account"})
    rig.settle()
    assert [step.cut for step in rig.told("ended")] == ["withdrawn"]


def test_another_comparator_hears_nothing_of_what_has_begun(rig):
    rig.say("anna", "billing/ASK n=1")
    rig.settle()
    rig.close("canary")
    rig.register("canary_")
    rig.pass_time(0)
    rig.say("billing", "anna/ANSWER n=1")
    rig.say("bert", "billing/ASK n=1")
    rig.settle()
    assert totals(rig) == {"cut_comparator": 1}
    assert [step.what for _, step in rig.steps] == ["asked", "ended", "asked"]


def test_a_comparator_that_takes_nothing_cuts_conversations_and_then_none_begins(rig):
    [mirror] = rig.mirrors
    for n in range(3000):
        rig.say("far", f"<far:s{n} peer:billing/ASK n={n};m=1")
        rig.look()
        while any(offer.link == rig.links["far"] for offer in rig.offers):
            if rig.offers[0].link != rig.links["far"]:
                rig.offers.append(rig.offers.pop(0))
                continue
            rig.take()
            rig.confirm()
            rig.look()
    assert totals(rig).keys() == {"comparator"}
    assert len(mirror.steps) <= 2000


def test_a_comparator_for_whom_much_waits_is_told_without_a_pause(rig):
    for n in range(50):
        rig.say("anna", f"billing/ASK n={n}\nbilling/ASK n={n}\nbilling/ASK n={n}")
        rig.say("billing", "anna/ANSWER n=1\nanna/ANSWER n=1\nanna/ANSWER n=1")
    while rig.looks:
        rig.look()
    while rig.looks or rig.offers:
        rig.look()
        if rig.offers:
            rig.take()
    assert len(rig.mirrors[0].steps) < STEPS_AT_ONCE


def test_by_a_parameter_a_conversation_has_many_senders(rig):
    rig = Mirrored({**SHADOW, "key": "account"})
    rig.say("anna", "billing/ASK account=7;n=1\nbilling/ASK account=8;n=2\nbilling/ASK n=3")
    rig.say("bert", "billing/ASK account=7;n=4;correlation_id=q")
    rig.settle()
    assert [(copy.line[-3:], copy.number) for copy in rig.copies] == [(b"n=1", 0), (b"n=2", 0), (b"d=q", 1)]
    rig.say("billing", "anna/ANSWER account=8\nanna/ANSWER n=1\nbert/ANSWER correlation_id=q\nbert/ANSWER account=8")
    rig.settle()
    seven, eight = rig.copies[0].conversation, rig.copies[1].conversation
    assert [(step.conversation, step.number) for step in rig.told("primary")] == [(eight, -1), (seven, 1)]


def test_by_a_parameter_what_the_shadow_says_belongs_where_it_says_or_to_none():
    rig = Mirrored({**SHADOW, "key": "account"})
    rig.say("anna", "billing/ASK account=7")
    rig.settle()
    [copy] = rig.copies
    for line in ("anna/ANSWER account=8", "anna/ANSWER n=1", "anna/ANSWER account=7"):
        rig.shadow_says(copy, line, number=False)
    rig.shadow_says(copy, "anna/ANSWER n=2")
    rig.settle()
    assert [step.line for step in rig.told("shadow")] == ["anna/ANSWER account=7", "anna/ANSWER n=2"]


def test_by_a_parameter_what_cannot_be_read_cuts_all_that_its_sender_may_have_meant():
    rig = Mirrored({**SHADOW, "key": "account"})
    rig.say("anna", "billing/ASK account=7\nbilling/ASK account=8")
    rig.say("bert", "billing/ASK account=9")
    rig.settle()
    rig.write("anna", b"billing/ASK account=\xff\n")
    rig.settle()
    assert totals(rig) == {"cut_unreadable": 2}


def test_on_the_same_host_the_same_happens_without_a_wire():
    rig = Mirrored({**SHADOW, "server": "peer"})
    rig.register("billing_", role="shadow", service_version="2.0")
    rig.pass_time(0)
    rig.forget()
    rig.say("anna", "billing/ASK n=1\nbilling/ASK n=2;correlation_id=q")
    rig.look()
    copies = rig.hand_over("billing_")
    assert [line.partition("shadow=1;shadow_id=")[0] for line in copies] == [
        "<peer:anna billing/ASK n=1;",
        "<peer:anna billing/ASK n=2;correlation_id=q;",
    ]
    assert rig.heard("far") == []
    identity = copies[0].partition("shadow_id=")[2]
    rig.say("billing_", f"anna/ANSWER n=3;shadow_id={identity}\nbert/ANSWER n=4")
    rig.say("billing", "anna/ANSWER n=3")
    rig.settle()
    assert rig.heard("bert") == []
    assert rig.heard("anna") == ["<peer:billing anna/ANSWER n=3"]
    assert (
        [step.line for step in rig.told("shadow")] == [step.line for step in rig.told("primary")] == ["anna/ANSWER n=3"]
    )
    rig.pass_time(61)
    rig.settle()
    assert totals(rig) == {"whole": 1}
    assert rig.mirrors[0].copied == 2


def test_on_the_same_host_a_shadow_that_is_behind_or_gone_cuts_its_conversations():
    rig = Mirrored({**SHADOW, "server": "peer"})
    rig.register("billing_", role="shadow", service_version="2.0")
    rig.pass_time(0)
    rig.say("anna", "billing/ASK n=1")
    rig.look()
    rig.take(taken=False)
    assert totals(rig) == {"cut_behind": 1}
    rig.pass_time(61)
    rig.say("anna", "billing/ASK n=2")
    rig.close("billing_")
    rig.settle()
    assert totals(rig) == {"cut_behind": 1, "absent": 1}


def test_a_reply_that_comes_before_its_message_was_looked_at_is_told_all_the_same():
    """While many messages wait to be looked at, the primary answers."""
    senders = [f"sender{number}" for number in range(40)]
    rig = Mirrored(SHADOW, senders=senders)
    for one in senders:
        rig.say(one, "billing/ASK n=1")
    rig.say("billing", "\n".join(f"{one}/ANSWER n=1" for one in senders))
    rig.settle()
    assert len(rig.told("asked")) == len(rig.told("primary")) == len(senders)


def test_a_reply_without_an_identifier_belongs_to_the_newest_conversation_of_its_key():
    rig = Mirrored({**SHADOW, "key": "card"})
    for number in range(110):
        rig.say("anna", f"billing/ASK card=c;n={number}")
        rig.look()
        rig.say("billing", f"anna/ANSWER card=c;n={number}")
        rig.settle()
    asked, replies = (Counter(step.conversation for step in rig.told(what)) for what in ("asked", "primary"))
    assert asked == replies
    assert len(asked) == 2


def test_two_senders_of_one_conversation_may_use_the_same_identifier():
    rig = Mirrored({**SHADOW, "key": "card"})
    for sender in ("anna", "bert"):
        rig.say(sender, "billing/ASK card=c;correlation_id=1")
    rig.look()
    for sender in ("anna", "bert"):
        rig.say("billing", f"{sender}/ANSWER correlation_id=1")
    rig.settle()
    assert [step.number for step in rig.told("primary")] == [0, 1]


@pytest.mark.parametrize(("kept", "size"), [(3, 1), (100, 300)])
def test_a_conversation_is_cut_whose_identifiers_are_not_remembered(rig, monkeypatch, kept, size):
    """A reply to one of them would belong to no conversation, and the primary would seem to be silent."""
    monkeypatch.setattr(sampling, "NUMBERS_KEPT", kept)
    for number in range(4):
        rig.say("anna", f"billing/ASK correlation_id={str(number) * size}")
    rig.settle()
    assert totals(rig) == {"cut_queue": 1}


def test_a_reply_costs_no_more_where_its_receiver_has_many_conversations():
    rig = Mirrored({**SHADOW, "key": "card"})
    for number in range(2_000):
        rig.say("anna", f"billing/ASK card=c{number}")
        rig.look()
    rig.settle()
    steps = []
    rig.say("billing", "anna/ANSWER card=c1999\nanna/ANSWER correlation_id=x\nanna/ANSWER n=1")

    def count(_frame, event, _argument):
        steps.append(event)
        return count

    sys.settrace(count)
    try:
        rig.look()
    finally:
        sys.settrace(None)
    assert len(steps) < 3_000


@pytest.mark.parametrize(
    "line",
    [
        '{"command":"ANSWER","service":"anna","parameters":{"n":"1"}}',
        "<peer:somebody anna/ANSWER n=1",
        " anna/ANSWER n=1",
        "bert/ANSWER n=2\n  peer:anna/ANSWER n=1",
    ],
)
def test_a_reply_is_told_in_whatever_form_it_was_written(rig, line):
    rig.say("anna", "billing/ASK n=1")
    rig.settle()
    rig.say("billing", line)
    rig.settle()
    [step] = rig.told("primary")
    assert step.line in ("anna/ANSWER n=1", "peer:anna/ANSWER n=1")


@pytest.mark.parametrize(
    "line", ["{", "<", " ", "", '{"command":"ANSWER","service":"anna","parameters":{"n":"\\ud800"}}']
)
def test_what_is_refused_is_no_reply(rig, line):
    rig.say("anna", "billing/ASK n=1")
    rig.settle()
    rig.say("billing", line)
    rig.say("billing", f"bert/ANSWER\n{line}")
    rig.settle()
    assert (rig.told("primary"), totals(rig)) == ([], {})


def test_of_too_many_shadows_the_first_ones_get_copies():
    shadows = [{**SHADOW, "version": f"v{number}"} for number in range(1_000)]
    rig = Mirrored(*shadows)
    assert [mirror.shadow.version for mirror in rig.mirrors] == [f"v{number}" for number in range(MIRRORS)]
    assert rig.board.mirrors.omitted == 1_000 - MIRRORS
    rig.set_policy(*shadows[500:510])
    assert (len(rig.mirrors), rig.board.mirrors.omitted) == (10, 0)


def test_a_copy_for_each_further_shadow_counts_as_work():
    rig = Mirrored(*({**SHADOW, "version": f"v{number}"} for number in range(8)))
    instances = [
        {"server": "far", "service": "billing", "role": "shadow", "state": "up", "version": f"v{number}"}
        for number in range(8)
    ]
    rig.tell(bucket_of("billing"), {"instances": instances}, 5)
    rig.pass_time(0)
    rig.say("anna", "\n".join("billing/ASK" for _ in range(16)))
    rig.look()
    copied = [
        mirror.queue_messages + mirror.unconfirmed_bytes // len("<peer:anna billing/ASK") for mirror in rig.mirrors
    ]
    assert copied == [mirroring.LINES_AT_ONCE // 8] * 8
    assert rig.looks


def test_what_is_told_of_a_shadow_that_is_one_no_more_is_told_once_and_in_order(rig):
    rig.say("anna", "billing/ASK n=1")
    rig.look()
    rig.take()
    rig.pass_time(mirroring.TELL_S)
    rig.confirm()
    assert rig.offers, "the comparator is told"
    rig.say("billing", "anna/ANSWER n=1")
    rig.look()
    rig.set_policy()
    while rig.offers:
        rig.take()
    assert [step.what for _, step in rig.steps] == ["asked", "primary", "ended"]


def test_of_a_shadow_that_is_one_no_more_nothing_is_told_after_what_was_not_taken(rig):
    rig.say("anna", "\n".join(["billing/ASK n=1"] * 2 * STEPS_AT_ONCE))
    while rig.looks:
        rig.look()
    [mirror] = rig.mirrors
    rig.set_policy()
    assert len(mirror.steps) > STEPS_AT_ONCE
    rig.offers = [offer for offer in rig.offers if offer.link == rig.links["canary"]]
    rig.take(taken=False)
    assert (rig.offers, rig.steps, len(mirror.steps)) == ([], [], 0)


def test_a_message_costs_little_more_beside_shadows_of_others():
    messages = 20

    def calls(*others):
        rig = Mirrored(*others, SHADOW)
        counted = 0

        def count(_frame, event, _argument):
            nonlocal counted
            counted += event == "call"

        for n in range(messages):
            rig.say("anna", f"billing/ASK n={n}")
            sys.setprofile(count)
            rig.look()
            rig.take()
            rig.confirm()
            sys.setprofile(None)
        return counted

    others = [{**SHADOW, "service": f"other{n}"} for n in range(MIRRORS - 1)]
    assert calls(*others) < calls() + 2 * messages * len(others), "more than whether there are notes is asked of each"


def test_nothing_is_looked_at_for_a_shadow_of_which_nothing_goes_on(rig):
    rig.say("anna", "billing/ASK n=1")
    rig.settle()
    assert list(rig.board.mirrors.active) == rig.mirrors
    rig.pass_time(61)
    rig.settle()
    rig.pass_time(sampling.SILENCE_S)
    assert not rig.board.mirrors.active
    rig.close("canary")
    rig.register("canary_")
    rig.say("bert", "billing/ASK n=1")
    rig.settle()
    assert totals(rig) == {"whole": 1}
