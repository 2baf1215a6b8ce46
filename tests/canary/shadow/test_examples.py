"""What is kept of values that differ."""

import pytest

from canary.shadow.examples import HIDDEN, SHOWN_CHARACTERS, TOO_DEEP, Examples
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


NESTED = [
    ("CHARGED.body.password", "geheim"),
    ("CHARGED.body.users[].api_secret", "geheim"),
    ("CHARGED.body", {"user": {"password": "geheim"}}),
    ("CHARGED.body", [{"name": "x"}, {"Password": "geheim"}]),
    ("CHARGED.body", '{"user":{"password":"geheim"}}'),
    ("CHARGED.body", '{"pass\\u0077ord":"geheim"}'),
    ("CHARGED.body", '{"password":"geheim"'),
    ("CHARGED.body", "user=x&password=geheim"),
    ("CHARGED.body", {"text": '{"password":"geheim"}'}),
    ("CHARGED.*", {"card": "geheim"}),
    ("CHARGED.body", {"card": "geheim"}),
]


@pytest.mark.parametrize(("path", "value"), NESTED)
def test_a_secret_is_not_shown_wherever_it_lies(path, value):
    assert "geheim" not in examples(payloads=True).show(path, value)


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


def test_what_is_too_deep_is_not_shown():
    value = []
    for _ in range(20_000):
        value = [value]
    assert examples(payloads=True).show("CHARGED.body", value) == TOO_DEEP


@pytest.mark.parametrize("value", ["\ud800", None, 10**30, {}])
def test_there_is_a_hash_of_anything(value):
    assert isinstance(examples(payloads=False).show("CHARGED.amount", value), str)
