"""Entries of a ledger, and whether it holds."""

import pytest

from bellwether.canary_events import read_events, render_verification
from bellwether.failure import CommandError
from communicator.answers.explanations import LedgerCheck
from communicator.protocol import Message
from tests.bellwether.canary_sample import screen


def page(text):
    return read_events(Message("CANARY_CURRENT_REPORT", {"report": text}))


def test_entries_stay_as_they_came():
    entry = '{"seq":7,"at_s":1.50,"record":{"record":"later","what":"\\u0007"},"later":"h"}'
    assert page(f'{{"entries":[{entry}],"last_seq":9,"total":3}}') == ([entry], 7, 9)


def test_an_empty_page():
    assert page('{"entries":[],"last_seq":0}') == ([], 0, 0)


@pytest.mark.parametrize("text", ["", "{}", '{"entries":[{}],"last_seq":1}', '{"entries":[7],"last_seq":1}'])
def test_what_is_no_page_is_refused(text):
    with pytest.raises(CommandError, match="the canary's entries cannot be read"):
        page(text)


def test_a_ledger_that_holds():
    assert screen(render_verification(LedgerCheck(29, ok=True))) == (
        "✔ the ledger holds: 29 entries are as they were written"
    )


def test_a_ledger_that_does_not():
    found = LedgerCheck(4, first_break=5, reason="entry 5 is missing")
    assert screen(render_verification(found)) == (
        "✖ the ledger does not hold: entry 5 is missing\n  the 4 entries before that are as they were written"
    )
