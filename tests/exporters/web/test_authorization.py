"""What an Authorization header says."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporters.web.authorization import Basic, Bearer, read_authorization


def basic(text, encoding="utf-8"):
    return "Basic " + base64.b64encode(text.encode(encoding)).decode()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (basic("prometheus:s3cret"), Basic("prometheus", "s3cret")),
        (basic("a:b:c"), Basic("a", "b:c")),
        (basic(":"), Basic("", "")),
        (basic("jürgen:naïve"), Basic("jürgen", "naïve")),
        (basic("a:b").replace("Basic", "bAsIc  "), Basic("a", "b")),
        ("Bearer abc.def", Bearer("abc.def")),
        ("bearer  abc ", Bearer("abc")),
        ("Bearer", Bearer("")),
        ("", None),
        ("Basic", None),
        ("Basic !!!", None),
        (basic("nocolon"), None),
        (basic("a:é", "latin-1"), None),
        ("Digest username=x", None),
    ],
)
def test_headers(header, expected):
    assert read_authorization(header) == expected


def test_neither_shows_its_secret():
    assert "s3cret" not in repr(Basic("a", "s3cret")) + repr(Bearer("s3cret"))


@given(st.text())
def test_nothing_is_too_odd(header):
    for text in (header, f"Basic {header}", f"Bearer {header}"):
        read_authorization(text)
