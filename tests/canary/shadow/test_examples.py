"""What is kept of values that differ."""

import pytest

from canary.shadow.examples import HIDDEN, SHOWN_CHARACTERS, Examples
from canary.shadow.terms import Terms, Vocabulary

VOCABULARY = Vocabulary(secret={"CHARGED": frozenset(("card",))})


def examples(key=b"k", *, payloads):
    return Examples(Terms(payloads=payloads), VOCABULARY, key)


@pytest.mark.parametrize("payloads", [False, True])
@pytest.mark.parametrize(
    "path", ["CHARGED.card", "CHARGED.card.number", "CHARGED.card[]", "CHARGED.password", "OTHER.secret_code"]
)
def test_a_secret_is_never_shown(path, payloads):
    assert examples(payloads=payloads).show(path, "1234") == HIDDEN


def test_values_are_kept_as_hashes_that_nobody_can_try_out():
    shown = examples(payloads=False).show("CHARGED.amount", "12")
    assert shown == examples(payloads=False).show("CHARGED.amount", "12")
    assert shown != examples(b"other", payloads=False).show("CHARGED.amount", "12")
    assert shown != examples(payloads=False).show("CHARGED.amount", "13")
    assert (len(shown), "12" in shown[:2]) == (12, False)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("12", "12"),
        (12, "12"),
        ([1, {"a": True}], '[1,{"a":true}]'),
        (None, ""),
        ("x" * 81, f"{'x' * 79}…"),
    ],
    ids=["text", "number", "JSON", "nothing", "too long"],
)
def test_values_are_kept_where_the_deployment_says_so(value, shown):
    assert examples(payloads=True).show("CHARGED.amount", value) == shown
    assert len(shown) <= SHOWN_CHARACTERS


@pytest.mark.parametrize("value", ["\ud800", None, 10**30, {}])
def test_there_is_a_hash_of_anything(value):
    assert isinstance(examples(payloads=False).show("CHARGED.amount", value), str)
