"""Names of units: the rules of systemd-escape, held against the program where it is installed."""

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary.deployment.execution.unit_names import LONGEST, escape, unescape, unit_of

TEMPLATE = "{service}@{version}.service"
TABLE = [
    ("2.0", "2.0"),
    ("2.0-rc1", r"2.0\x2drc1"),
    ("1:2.0+b1~x", r"1:2.0\x2bb1\x7ex"),
    (".hidden", r"\x2ehidden"),
    ("..", r"\x2e."),
    ("a/b", "a-b"),
    ("a b", r"a\x20b"),
    ("a@b", r"a\x40b"),
    (r"a\b", r"a\x5cb"),
    ("*?[a]", r"\x2a\x3f\x5ba\x5d"),
    ("ä", r"\xc3\xa4"),
    ("$(reboot)%i", r"\x24\x28reboot\x29\x25i"),
]


@pytest.mark.parametrize(("text", "escaped"), TABLE)
def test_the_rules_as_a_table(text, escaped):
    assert escape(text) == escaped
    assert unescape(escaped) == text


def test_the_program_says_the_same(require_program):
    texts = [text for text, _ in TABLE] + ["".join(map(chr, range(32, 127))), "\t", "日本"]
    command = [require_program("systemd-escape"), "--", *texts]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.split()
    assert [escape(text) for text in texts] == said


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
@settings(max_examples=2 * settings.default.max_examples)
def test_what_is_escaped_is_what_it_was(text):
    assert unescape(escape(text)) == text
    assert set(escape(text)) <= set("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:_.\\-")


@pytest.mark.parametrize(
    ("version", "unit"),
    [("2.0", "demo@2.0.service"), ("2.0-1", r"demo@2.0\x2d1.service"), ("{service}", r"demo@\x7bservice\x7d.service")],
)
def test_a_version_has_its_unit(version, unit):
    assert unit_of(TEMPLATE, "demo", version) == unit


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("", "cannot stand in the name"),
        ("\ud800", "cannot stand in the name"),
        ("a\0b", "out of its folder"),
        (".", "out of its folder"),
        ("..", "out of its folder"),
        ("../../etc/evil", "out of its folder"),
        ("1" * LONGEST, "shorten the version"),
        ("-" * 62, "shorten the version"),
    ],
)
def test_a_version_that_can_have_none_is_refused(version, reason):
    with pytest.raises(ValueError, match=reason):
        unit_of(TEMPLATE, "demo", version)


def test_the_longest_name_is_taken():
    version = "1" * (LONGEST - len("demo@.service"))
    assert len(unit_of(TEMPLATE, "demo", version)) == LONGEST
