"""What canaries tell of feature flags is read as it was written, a flag that is defined no more included."""

import msgspec

from communicator.answers.features import (
    Counts,
    Evaluated,
    Evaluations,
    FeatureReport,
    FeatureRow,
    FlagsPage,
    join_features,
)


def test_a_page_says_which_flags_are_defined_no_more():
    page = FlagsPage("n.2", {"a": msgspec.Raw(b'{"state":"ENABLED"}'), "b": msgspec.Raw(b"null")}, is_whole=False)
    read = msgspec.json.decode(msgspec.json.encode(page), type=FlagsPage)
    assert {name: bytes(flag) for name, flag in read.flags.items()} == {"a": b'{"state":"ENABLED"}', "b": b"null"}
    assert (read.generation, read.is_whole, read.after) == ("n.2", False, "")


def test_a_value_may_be_anything():
    told = msgspec.json.encode(Evaluated("STATIC", value=msgspec.Raw(b'{"a":[1]}'), variant="on"))
    assert bytes(msgspec.json.decode(told, type=Evaluated).value) == b'{"a":[1]}'


def test_counts_are_short():
    counts = Counts((Evaluations("f", "on", "STATIC", 3),))
    assert msgspec.json.encode(counts) == b'{"evaluations":[["f","on","STATIC",3]]}'


def test_pages_of_a_report_are_one_and_what_is_told_twice_is_there_once():
    rows = [FeatureRow(feature=name) for name in "abc"]
    pages = (
        FeatureReport(features=tuple(rows[:2]), total=3, off=1),
        FeatureReport(features=tuple(rows[1:]), offset=2, total=3),
    )
    joined = join_features(pages)
    assert [row.feature for row in joined.features] == ["a", "b", "c"]
    assert (joined.offset, joined.total, joined.off) == (0, 3, 1)
