"""What several canaries tell of feature flags, put together."""

import msgspec

from bellwether.feature_picture import put_together
from communicator.answers.features import Stale
from tests.bellwether.feature_sample import EXPIRED, OFF, UNKNOWN, count, definition, report, row

NOTHING = msgspec.Raw(b"null")


def only(*reports):
    (feature,) = put_together(reports).features
    return feature


def test_flags_of_all_hosts_are_told_by_name():
    asked = row("old", definition=NOTHING, stale=(UNKNOWN,))
    picture = put_together([report(row("b"), row("a")), report(row("a"), asked, row("b"), server="beta")], ["gamma"])
    assert [(one.feature, one.is_defined, one.not_on) for one in picture.features] == [
        ("a", True, ()),
        ("b", True, ()),
        ("old", False, ()),
    ]
    assert (picture.server, picture.silent) == ("alpha", ("gamma",))


def test_evaluations_are_summed():
    feature = only(
        report(row(evaluations=(count("on", 2), count("off", 1)))),
        report(row(evaluations=(count("on", 5),)), server="beta"),
    )
    assert feature.evaluations == (count("off", 1), count("on", 7))


def test_the_last_evaluation_anywhere_counts():
    ages = (None, 90_000.0, 300_000.0)
    reports = [report(row(evaluated_ago_s=age), server=name) for age, name in zip(ages, "abc", strict=True)]
    assert only(*reports).evaluated_ago_s == 90_000.0
    assert only(reports[0]).evaluated_ago_s is None


def test_a_host_that_does_not_know_it_so_is_named():
    other = definition(defaultVariant="off")
    assert only(report(row()), report(row(definition=other), server="beta"), report(server="gamma")).not_on == (
        "beta",
        "gamma",
    )


def test_an_order_that_one_host_knows_is_told_with_those_that_do_not():
    feature = only(report(row()), report(row(offs=(OFF,)), server="beta"))
    assert (feature.offs, feature.not_on) == ((OFF,), ("alpha",))


def test_what_is_switched_off_in_advance_is_no_definition():
    feature = only(report(row(definition=NOTHING, offs=(OFF,))), report(server="beta"))
    assert (feature.is_defined, feature.not_on) == (False, ("beta",))


def test_a_host_that_has_the_definition_tells_it():
    feature = only(report(row(definition=NOTHING, stale=(UNKNOWN,))), report(row(), server="beta"))
    assert (feature.is_defined, feature.not_on) == (True, ("alpha",))


def test_of_each_reason_the_one_that_lasts_longest_is_told():
    longer = Stale("expired", EXPIRED.since_ago_s + 1, "longer")
    feature = only(report(row(stale=(EXPIRED,))), report(row(stale=(longer, UNKNOWN)), server="beta"))
    assert feature.stale == (longer, UNKNOWN)


def test_files_that_say_something_else_are_told_by_host():
    picture = put_together([report(), report(server="beta", differing=("web.json: x",))])
    assert picture.differing == {"beta": ("web.json: x",)}
