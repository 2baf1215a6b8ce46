"""Counts and newest lines of what was discarded, whatever was said."""

from communicator.router.cores.discarded import LINE_BYTES_KEPT, LINES_KEPT, DiscardedWords, Word
from communicator.router.vocabulary.named_counts import NAMES_COUNTED
from communicator.router.vocabulary.registry import Behind


def test_counts_are_by_shadow_and_reason_and_the_newest_lines_are_kept():
    words = DiscardedWords()
    for number in range(LINES_KEPT + 5):
        count = words.add(
            Word(Behind("unit", "billing", "2"), "unix", b"x/A n=%d" % number, "A", "unit", 10.0 + number)
        )
    assert count == words.of("billing", "2") == LINES_KEPT + 5
    told = words.tell("peer", 200.0)
    assert (told.server, told.total, told.by_reason) == ("peer", LINES_KEPT + 5, {"unit": LINES_KEPT + 5})
    assert (len(told.newest), told.newest[0].line, told.newest[-1].ago_s) == (LINES_KEPT, "x/A n=5", 86.0)


def test_lines_are_cut_and_shown_without_secrets():
    words = DiscardedWords()
    words.add(Word(Behind("untold"), "signal", b"x/A password=geheim" + b"y" * 9999, "A", "untold", 0.0))
    words.add(Word(Behind("untold"), "signal", b"\xff" * 9999, "A", "untold", 0.0))
    first, second = words.tell("peer", 0.0).newest
    assert "geheim" not in first.line
    assert len(second.line) == LINE_BYTES_KEPT


def test_shadows_that_call_themselves_anything_do_not_fill_the_memory():
    words = DiscardedWords()
    for number in range(NAMES_COUNTED + 5):
        count = words.add(Word(Behind("role", "billing", str(number)), "unix", b"x", "x", "role", 0.0))
    assert (words.of("billing", "0"), words.of("billing", str(NAMES_COUNTED)), count) == (1, 0, 5)
