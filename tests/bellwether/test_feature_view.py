"""Feature flags as a person sees them."""

import msgspec
import pytest

from bellwether.feature_picture import put_together
from bellwether.feature_view import page, serves, table
from tests.bellwether.feature_sample import EXPIRED, OFF, UNKNOWN, count, definition, report, row, screen

NOTHING = msgspec.Raw(b"null")
RULE = {"if": [{"==": [{"var": "host"}, "lab"]}, "on"]}
LONG = {"on": "x" * 50, "off": "y"}
STATES = {
    "static": ({}, "✔", "'on' = true"),
    "rule": ({"definition": definition(targeting=RULE)}, "✔", "by rule, else 'on' = true"),
    "empty rule": ({"definition": definition(targeting={})}, "✔", "'on' = true"),
    "no default": ({"definition": definition(defaultVariant=None)}, "✔", "the code's default"),
    "disabled": ({"definition": definition(state="DISABLED")}, "·", "disabled: the code's default"),
    "long value": ({"definition": definition(variants=LONG)}, "✔", f"'on' = \"{'x' * 39}…"),
    "off": ({"offs": (OFF,)}, "‖", "off: 'off' = false"),
    "off by another name": (
        {"offs": (OFF,), "definition": definition(variants={"yes": True, "no": False}, defaultVariant="yes")},
        "‖",
        "off: 'no' = false",
    ),
    "off without a variant": (
        {"offs": (OFF,), "definition": definition(variants={"a": 1, "b": 2}, defaultVariant="a")},
        "‖",
        "off: the code's default",
    ),
    "stale": ({"stale": (EXPIRED,)}, "⚠", "'on' = true"),
    "stale and off": ({"stale": (EXPIRED,), "offs": (OFF,)}, "‖", "off: 'off' = false"),
    "not defined": ({"definition": NOTHING, "stale": (UNKNOWN,)}, "?", "not defined: the code's default"),
    "off in advance": ({"definition": NOTHING, "offs": (OFF,)}, "‖", "off: the code's default"),
}


@pytest.mark.parametrize(("changes", "sign", "text"), STATES.values(), ids=STATES)
def test_what_services_get_is_told_at_a_glance(changes, sign, text):
    (feature,) = put_together([report(row(**changes))]).features
    mark, told = serves(feature)
    assert (mark.sign, told) == (sign, text)


PICTURE = put_together(
    [
        report(
            row(offs=(OFF,)),
            row("old-menu", owner="web", expires="2026-11-28", stale=(EXPIRED,), evaluated_ago_s=86_400.0 * 2),
            row("steady", type="kill-switch", expires="", evaluated_ago_s=None),
            row("typo", definition=NOTHING, owner="", type="", expires="", stale=(UNKNOWN,)),
        ),
        report(row("steady", type="kill-switch", expires=""), server="beta", differing=("/f/web.json: other",)),
    ],
    ["gamma"],
)


def test_one_row_for_each_flag():
    assert screen(table(PICTURE, 100), 100) == (
        """\
FLAG          TYPE         SERVES                           OWNER  EXPIRES     EVALUATED
    WHY
‖ new-parser  release      off: 'off' = false               core   2027-12-31  today
    off until it is lifted by root@alpha, 3m 0s ago: it loses invoices; not so on beta
⚠ old-menu    release      'on' = true                      web    2026-11-28  2 days ago
    stale: expired 3 days ago, on 2026-11-28; not so on beta
✔ steady      kill-switch  'on' = true                      core   -           today
? typo        -            not defined: the code's default  -      -           today
    stale: asked for since 1 day, and not defined
⚠ beta: /f/web.json: other
? the canary does not answer on gamma"""
    )


def test_where_there_is_room_the_reasons_stand_beside():
    first, second, *_ = screen(table(PICTURE, 200), 200).splitlines()
    assert first.split()[-2:] == ["EVALUATED", "WHY"]
    assert second.endswith(
        "today       off until it is lifted by root@alpha, 3m 0s ago: it loses invoices; not so on beta"
    )


@pytest.mark.parametrize(
    ("stale", "text"),
    [(False, "No feature flag is defined, and none is asked for."), (True, "No feature flag is stale.")],
)
def test_that_there_is_none_is_told(stale, text):
    assert screen(table(put_together([report()]), 80, stale=stale)) == text


def shown(*reports):
    (feature,) = put_together(reports).features
    return screen(page(feature))


def test_a_page_tells_all_of_a_flag():
    counts = (count("on", 1_204), count("", 1, "ERROR"))
    assert shown(report(row(file="alpha:/etc/bellwether/features.d/web.json", by="alpha", evaluations=counts))) == (
        """\
✔ new-parser: 'on' = true

type       release
owner      core
expires    2027-12-31
defined    2h 0m ago by alpha, in alpha:/etc/bellwether/features.d/web.json
when off   'off' = false
evaluated  today
           the code's default 1 time (ERROR)
           'on' 1,204 times (STATIC)

{
  "state": "ENABLED",
  "variants": {
    "on": true,
    "off": false
  },
  "defaultVariant": "on",
  "metadata": {
    "owner": "core",
    "type": "release",
    "expires": "2027-12-31"
  }
}"""
    )


def test_what_keeps_a_flag_off_stands_first():
    text = shown(report(row(offs=(OFF,), stale=(EXPIRED,))), report(server="beta"))
    assert text.startswith(
        "‖ new-parser: off: 'off' = false\n\n"
        "off        until it is lifted by root@alpha, 3m 0s ago: it loses invoices\n"
        "stale      expired 3 days ago, on 2026-11-28\n"
        "not so on  beta\n"
    )


def test_what_is_not_defined_says_no_more():
    text = shown(report(row(definition=NOTHING, stale=(UNKNOWN,), owner="", type="", expires="", by="")))
    assert text == (
        "? new-parser: not defined: the code's default\n\n"
        "stale      asked for since 1 day, and not defined\nevaluated  today"
    )
