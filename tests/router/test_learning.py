"""What services have listed is remembered within bounds, and read back as it was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.router.cores import learning
from communicator.router.cores.learning import Learning, Learnt, read_learnt, render_learnt

LEARNT = Learnt("1.2", frozenset({"PRINT", "STOP"}))
COMMANDS = st.from_regex(r"[A-Z_][A-Z0-9_]{0,20}", fullmatch=True)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@pytest.fixture
def learned():
    taught = Learning()
    assert taught.learn("printer", LEARNT)
    return taught


def test_it_is_written_the_same_for_the_same_commands():
    assert render_learnt(LEARNT) == '{"package_version":"1.2","commands":["PRINT","STOP"]}\n'


@given(TEXT, st.frozensets(COMMANDS, min_size=1, max_size=20))
def test_what_is_written_reads_back_as_the_same(version, commands):
    assert read_learnt(render_learnt(Learnt(version, commands)), 20) == Learnt(version, commands)


def test_too_much_for_a_file_is_not_written():
    commands = frozenset(f"C{number:0127}" for number in range(2200))
    assert render_learnt(Learnt("", commands)) == ""
    assert render_learnt(Learnt("", frozenset(sorted(commands)[:1900]))) != ""


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "truncated"),
        ("[]", "Expected `object`"),
        ('{"package_version":"1"}', "commands"),
        ('{"package_version":1,"commands":["A"]}', "Expected `str`"),
        ('{"package_version":"1","commands":[]}', "0 commands are not between 1 and 3"),
        ('{"package_version":"1","commands":["A","B","C","D"]}', "4 commands are not between 1 and 3"),
        ('{"package_version":"1","commands":["A","print"]}', "'print' is not a command"),
        ('{"package_version":"1","commands":["A\\n"]}', "is not a command"),
        ('{"x":' + "[" * 100_000, "recursion"),
    ],
)
def test_damage_is_told(content, reason):
    with pytest.raises(ValueError, match=reason):
        read_learnt(content, 3)


def test_only_what_is_new_is_new(learned):
    assert not learned.learn("printer", LEARNT)
    assert learned.learn("printer", Learnt("1.3", LEARNT.commands))
    assert learned.learn("printer", Learnt("1.3", frozenset({"SCAN"})))
    assert learned == {"printer": Learnt("1.3", frozenset({"SCAN"}))}


def test_it_is_bounded_and_goes_on_with_those_it_knows(learned, monkeypatch):
    monkeypatch.setattr(learning, "SERVICES_MAX", 2)
    assert learned.learn("second", LEARNT)
    assert not learned.learn("third", LEARNT)
    assert learned.learn("second", Learnt("2", LEARNT.commands))
    del learned["second"]
    assert learned.learn("third", LEARNT)
