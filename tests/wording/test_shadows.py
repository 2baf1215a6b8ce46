"""Shadows in words: each verdict, each state, each reason, and what the fence knows."""

import pytest
from msgspec.structs import replace

from communicator.answers.router import Fence, Mirror
from communicator.answers.shadows import LIMIT_LOG10, Comparison, Difference, Latency
from communicator.wording.marks import BAD, DOUBTFUL, GONE, GOOD, SUSPECT, UNKNOWN
from communicator.wording.shadows import (
    BUSY,
    STATES,
    VERDICTS,
    WORST_FIRST,
    comparison_text,
    conversations_text,
    difference_mark,
    difference_word,
    evidence_words,
    fence_lines,
    latency_text,
    mirror_mark,
    mirror_text,
    noise_text,
    share_text,
    verdict_of,
)

PLACE = Difference(path="CHARGED.price", compared=100, differing=3, is_news=True, log10_evidence=1.0)
SEEN = Comparison(service="billing", version="2.0", server="gamma", primary="alpha", conversations=40, matching=99)
MIRROR = Mirror(service="billing", version="2.0", server="gamma", state="copying")
FENCE = Fence(service="billing", version="2.0")


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (None, "nothing compared"),
        (replace(SEEN, conversations=0, log10_evidence=9.0), "nothing compared"),
        (replace(SEEN, is_conclusive=False, log10_evidence=9.0), "inconclusive"),
        (replace(SEEN, log10_evidence=LIMIT_LOG10), "differs"),
        (replace(SEEN, log10_evidence=LIMIT_LOG10 - 0.01), "alike"),
        (replace(SEEN, log10_evidence=LIMIT_LOG10, limit_log10=2.5), "alike"),
        (replace(SEEN, log10_evidence=1.5, limit_log10=1.5), "differs"),
        (replace(SEEN, differences=(PLACE,)), "may differ"),
        (replace(SEEN, differences=(replace(PLACE, is_ignored=True), replace(PLACE, is_news=False))), "alike"),
    ],
)
def test_a_comparison_comes_to_one_verdict(one, verdict):
    assert verdict_of(one) == verdict


def test_each_verdict_has_a_mark_and_a_rank():
    assert set(VERDICTS) == set(WORST_FIRST)


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"conversations": 0}, "no conversation compared yet"),
        ({}, "40 conversations compared: 99 of 99 pairs of replies are like those of the primary"),
        (
            {"conversations": 1, "matching": 1, "differing": 1, "unpaired_primary": 1, "primary_version": "1.9"},
            "1 conversation compared: 1 of 2 pairs of replies is like those of 1.9, 1 differs, 1 reply without a partner",
        ),
        (
            {"differing": 2, "unpaired_shadow": 2, "late": 2},
            (
                "40 conversations compared: 99 of 101 pairs of replies are like those of the primary, 2 differ, "
                "2 replies without a partner, 2 replies too late"
            ),
        ),
    ],
)
def test_what_was_compared_is_counted(more, text):
    assert comparison_text(replace(SEEN, **more)) == text


@pytest.mark.parametrize(
    ("log10", "limit_log10", "text"),
    [
        (-1.0, 2.0, "no evidence that it differs (limit 100 to 1)"),
        (0.4, 2.0, "evidence that it differs: 2.5 to 1 (limit 100 to 1)"),
        (6.0, 3.0, "evidence that it differs: 10^6 to 1 (limit 1,000 to 1)"),
    ],
)
def test_evidence_is_told_with_its_limit(log10, limit_log10, text):
    assert evidence_words(replace(SEEN, log10_evidence=log10, limit_log10=limit_log10)) == text


@pytest.mark.parametrize("noise", ["second primary", "self-replay", "declared paths"])
def test_each_way_to_tell_noise_is_said(noise):
    assert noise_text(replace(SEEN, noise=noise)).startswith("noise is ")


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (Latency(), ""),
        (Latency(primary_p50_s=0.01, shadow_p50_s=0.012), "half of its replies take up to 12 ms (primary 10 ms)"),
        (
            Latency(primary_p50_s=0.01, shadow_p50_s=0.012, primary_p99_s=0.05, shadow_p99_s=2.0),
            "half of its replies take up to 12 ms (primary 10 ms), 99 in 100 up to 2.00 s (primary 50 ms)",
        ),
    ],
)
def test_latency_is_told_of_both_sides(told, text):
    assert latency_text(replace(SEEN, latency=told)) == text


@pytest.mark.parametrize("state", STATES)
def test_each_state_has_words(state):
    assert mirror_text(replace(MIRROR, state=state)).endswith("; 0 messages wait, 0 copied")
    assert mirror_mark(replace(MIRROR, state=state)) is STATES[state][0]


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"state": "busy", "busy": "load", "queue_messages": 1}, f"busy: {BUSY['load']}; 1 message waits, 0 copied"),
        ({"state": "busy", "busy": "moon"}, "busy: moon; 0 messages wait, 0 copied"),
        ({"state": "odd"}, "odd; 0 messages wait, 0 copied"),
        ({"state": ""}, "not told whether it is copied; 0 messages wait, 0 copied"),
    ],
)
def test_a_state_is_told_with_its_reason(more, text):
    assert mirror_text(replace(MIRROR, **more)) == text


def test_a_state_of_a_later_release_is_doubtful():
    assert mirror_mark(replace(MIRROR, state="odd")) is UNKNOWN


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ({}, "0 conversations whole"),
        ({"whole": 1, "queue": 0}, "1 conversation whole"),
        (
            {"whole": 1_000, "queue": 3, "busy_load": 12, "moon": 3},
            "1,000 conversations whole; 18 cut or not begun: busy: the load of its host (12), moon (3), its queue was full (3)",
        ),
        (
            {"cut_queue": 3, "cut_lost": 2, "cut_moon": 1},
            (
                "0 conversations whole; 6 cut or not begun: cut: its queue was full (3), "
                "cut: a part of it was lost on its way (2), cut: moon (1)"
            ),
        ),
    ],
)
def test_what_became_of_conversations_is_told_the_most_frequent_first(numbers, text):
    assert conversations_text(replace(MIRROR, conversations_total=numbers)) == text


UNSURE = "further processes that it starts are not behind the fence: run it as a systemd service of its own"
TOLD = "14 lines said to others, and discarded: 'bellwether shadow discarded' on its host shows what"


@pytest.mark.parametrize(
    ("fence", "unit", "lines"),
    [
        (FENCE, "x.service", [(GONE, "0 connections behind the fence")]),
        (
            replace(FENCE, links=1, by_unit=True),
            "x.service",
            [(GOOD, "1 connection behind the fence, known by its unit x.service")],
        ),
        (replace(FENCE, links=2, by_unit=True), "", [(GOOD, "2 connections behind the fence, known by its unit")]),
        (
            replace(FENCE, links=1, discarded_total=14),
            "x.service",
            [(GOOD, "1 connection behind the fence, known by its process alone"), (DOUBTFUL, UNSURE), (DOUBTFUL, TOLD)],
        ),
    ],
)
def test_the_fence_says_what_it_knows(fence, unit, lines):
    assert list(fence_lines(fence, unit)) == lines


@pytest.mark.parametrize(
    ("more", "mark", "word"),
    [
        ({"is_ignored": True}, GONE, "declared"),
        ({"is_news": False}, GOOD, "noise"),
        ({}, SUSPECT, "news"),
        ({"log10_evidence": LIMIT_LOG10}, BAD, "news"),
    ],
)
def test_a_place_that_differs_is_news_or_noise_or_declared(more, mark, word):
    one = replace(PLACE, **more)
    assert (difference_mark(one, LIMIT_LOG10), difference_word(one)) == (mark, word)


@pytest.mark.parametrize(
    ("share", "key", "text"),
    [
        (1.0, "", "all conversations, told apart by their sender"),
        (0.015, "customer", "1.5 % of the conversations, told apart by parameter customer"),
    ],
)
def test_the_share_is_told_with_the_key(share, key, text):
    assert share_text(share, key) == text
