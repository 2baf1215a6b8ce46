"""Which version is meant, and what is said where it is not known."""

import pytest

from bellwether.canary_scope import find_cell, parse_scope, read_span_s, require_service, require_version
from bellwether.failure import CommandError
from communicator.answers.releases import Cell

CELLS = (
    Cell("alpha", "billing", "2.0", "b1"),
    Cell("alpha", "billing", "2.0", "b2"),
    Cell("alpha", "printer", "1.0", "p1"),
    Cell("beta", "mailer", "4.1"),
    Cell("beta", "mailer", "4.1", "m1"),
    Cell("alpha", "nover", ""),
    Cell("alpha", "web", "feature/login"),
    Cell("alpha", "web", "feature/login", "ci/77"),
    Cell("beta", "web", "feature"),
)


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("alpha/billing/2.0", [("2.0", None)]),
        ("alpha/billing/", [("", None)]),
        ("alpha/billing/(none)", [("", None)]),
        ("alpha/billing/(no version)", [("", None)]),
        ("alpha/billing/(none)/b1", [("(none)/b1", None), ("", "b1")]),
        ("alpha/billing/2.0/", [("2.0/", None), ("2.0", "")]),
        ("alpha/billing/2.0/a/b", [("2.0/a/b", None), ("2.0/a", "b"), ("2.0", "a/b")]),
    ],
)
def test_a_scope_is_read(text, scope):
    read = parse_scope(text)
    assert (read.server, read.service) == ("alpha", "billing")
    assert list(read.readings()) == scope


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("billing", "'billing' is no scope: a scope is SERVER/SERVICE/VERSION"),
        ("billing/2.0", "is no scope"),
        ("/billing/2.0", "is no scope"),
        ("al pha/billing/2.0", "'al pha' in 'al pha/billing/2.0' is not the name of a server"),
        ("alpha/bil ling/2.0", "'bil ling' in 'alpha/bil ling/2.0' is not the name of a service"),
    ],
)
def test_what_is_no_scope_is_told_how_one_looks(text, reason):
    with pytest.raises(CommandError, match=reason) as caught:
        parse_scope(text)
    assert caught.value.exit_code == 2
    assert "such as alpha/billing/2.0" in str(caught.value)


@pytest.mark.parametrize(
    ("scope", "version"),
    [
        ("alpha/nover/", ("", "")),
        ("alpha/nover/(none)", ("", "")),
        ("alpha/web/feature/login", ("feature/login", "")),
        ("alpha/web/feature/login/", ("feature/login", "")),
        ("alpha/web/feature/login/ci/77", ("feature/login", "ci/77")),
        ("beta/web/feature", ("feature", "")),
    ],
)
def test_any_text_is_a_version(scope, version):
    found = find_cell(CELLS, parse_scope(scope))
    assert (found.version, found.build) == version


@pytest.mark.parametrize(
    ("scope", "build"),
    [
        ("alpha/billing/2.0/b2", "b2"),
        ("alpha/printer/1.0", "p1"),
        ("beta/mailer/4.1", ""),
        ("beta/mailer/4.1/m1", "m1"),
    ],
)
def test_the_version_that_is_meant_is_found(scope, build):
    assert find_cell(CELLS, parse_scope(scope)).build == build


@pytest.mark.parametrize(
    ("scope", "reason"),
    [
        ("alpha/biling/2.0", "nothing is known of a service 'biling'; do you mean 'billing'?"),
        ("alpha/zzz/2.0", "nothing is known of a service 'zzz'; known: billing, mailer, nover, printer, web"),
        ("alpha/billing/2.00", "nothing is known of version '2.00' of billing; do you mean '2.0'?"),
        ("beta/billing/2.0", "billing 2.0 never ran on 'beta'; it ran on: alpha"),
        ("alpha/billing/2.0", "billing 2.0 has several builds there, name one of them: b1, b2"),
        ("alpha/billing/2.0/b3", "build 'b3' is not known there; known: b1, b2"),
        ("alpha/nover/1.0", "nothing is known of version '1.0' of nover; known: (none)"),
        ("beta/nover/(none)", "nover (none) never ran on 'beta'; it ran on: alpha"),
        ("alpha/web/featur/login", "nothing is known of version 'featur/login' of web; do you mean 'feature/login'?"),
        ("alpha/web/feature/logout", "web feature never ran on 'alpha'; it ran on: beta"),
        ("beta/mailer/4.1/zzz", "build 'zzz' is not known there; known: m1"),
    ],
)
def test_what_is_not_known_is_told_with_the_nearest(scope, reason):
    with pytest.raises(CommandError) as caught:
        find_cell(CELLS, parse_scope(scope))
    assert str(caught.value) == reason


def test_where_nothing_is_known_nothing_is_near():
    with pytest.raises(CommandError) as caught:
        require_service((), "billing")
    assert str(caught.value) == "nothing is known of a service 'billing'"


def test_what_is_known_passes():
    require_version(CELLS, "billing", "2.0")


@pytest.mark.parametrize(("text", "span_s"), [("90", 90.0), ("24h", 86_400.0), ("1.5m", 90.0)])
def test_a_span_is_read(text, span_s):
    assert read_span_s("--for", text) == span_s


def test_what_is_no_span_names_its_option():
    with pytest.raises(CommandError, match="--for: 'soon' is not a duration such as") as caught:
        read_span_s("--for", "soon")
    assert caught.value.exit_code == 2
