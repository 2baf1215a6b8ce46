import msgspec

from communicator.answers.features import Evaluations
from communicator.features import counts as module
from communicator.features.counts import TAKEN_BYTES, EvaluationCounts


def test_what_is_taken_is_counted_from_nothing_again():
    counts = EvaluationCounts()
    for variant in ("on", "on", "off"):
        counts.add("parser", variant, "STATIC")
    assert sorted(counts.take().evaluations, key=lambda row: row.variant) == [
        Evaluations("parser", "off", "STATIC", 1),
        Evaluations("parser", "on", "STATIC", 2),
    ]
    assert (counts.take().evaluations, len(counts)) == ((), 0)


def test_each_message_is_small_and_nothing_gets_lost():
    counts = EvaluationCounts()
    for number in range(2000):
        for _ in range(number % 3 + 1):
            counts.add(f"flag-{number}", "x" * 100, "TARGETING_MATCH")
    taken = []
    while part := counts.take().evaluations:
        assert len(msgspec.json.encode(part)) <= TAKEN_BYTES + 2
        taken += part
    assert {row.feature: row.count for row in taken} == {f"flag-{number}": number % 3 + 1 for number in range(2000)}


def test_what_cannot_be_a_flag_and_what_is_too_much_is_dropped(monkeypatch):
    monkeypatch.setattr(module, "ROWS", 2)
    counts = EvaluationCounts()
    for feature, variant in (("", "on"), ("a b", "on"), ("f" * 129, "on"), ("f", "v" * 129)):
        counts.add(feature, variant, "STATIC")
    assert (counts.dropped, len(counts)) == (4, 0)
    for feature in ("a", "b", "c", "a"):
        counts.add(feature, "on", "STATIC")
    assert (counts.dropped, len(counts)) == (5, 2)
