"""Rules in definitions: a word of ours and perhaps a service; anything else is an error, since it would let everybody."""

import pytest

from communicator.protocol.definitions import Severity
from communicator.protocol.definitions.reader import read_definition
from communicator.protocol.definitions.speakers import SPEAKERS, describe_rule, split_rule


@pytest.mark.parametrize(
    ("rule", "parts", "words"),
    [
        ("link", ("link", ""), "a link of this host, or a service registered from another one"),
        ("live(canary)", ("live()", "canary"), "the live canary"),
        ("own(timekeeper)", ("own()", "timekeeper"), "the live timekeeper, about its own server"),
    ],
)
def test_a_rule(rule, parts, words):
    assert (split_rule(rule), describe_rule(rule)) == (parts, words)


@pytest.mark.parametrize(
    "rule", ["", "anyone", "Link", "link ", "live", "live()", "link(canary)", "live(canary", "live(a b)"]
)
def test_what_is_none(rule):
    with pytest.raises(ValueError, match="is none of alive, block"):
        split_rule(rule)


def test_each_word_says_whom_it_means():
    assert all(word.endswith("()") == ("{}" in text) for word, text in SPEAKERS.items())


def read(text):
    return read_definition("STOP", text.encode(), "STOP.conf")


def test_who_says_it_is_told_or_whom_the_rule_means():
    ruled = read("rule = live(canary)\nfrom = others\n").definition
    assert (ruled.rule, ruled.sender) == ("live(canary)", "others")
    assert read("rule = live(canary)\n").definition.sender == "the live canary"
    assert read("from = others\n").definition.sender == "others"


def test_a_rule_that_is_none_is_an_error():
    (remark,) = read("rule = livee(canary)\n").remarks
    assert (remark.line, remark.severity) == (1, Severity.ERROR)
    assert remark.text.startswith("rule: 'livee(canary)' is none of")
