"""What every answer carries."""

import pytest

from exporters.web.headers import POLICY, SECURITY, with_security


def test_ours_are_there_once_whatever_the_answer_says():
    told = with_security([(b"X-Frame-Options", b"ALLOW"), (b"content-type", b"text/plain")])
    assert [name for name, _ in told if name.lower() == b"x-frame-options"] == [b"x-frame-options"]
    assert (b"content-type", b"text/plain") in told
    assert set(SECURITY.items()) <= set(told)


@pytest.mark.parametrize(("own", "told"), [([], b"no-store"), ([(b"cache-control", b"max-age=60")], b"max-age=60")])
def test_nothing_is_kept_unless_it_may_be(own, told):
    assert [value for name, value in with_security(own) if name == b"cache-control"] == [told]


def test_the_operator_has_the_last_word():
    told = dict(with_security([], {b"x-frame-options": b"SAMEORIGIN", b"strict-transport-security": b"max-age=1"}))
    assert told[b"x-frame-options"] == b"SAMEORIGIN"
    assert told[b"strict-transport-security"] == b"max-age=1"
    assert told[b"x-content-type-options"] == b"nosniff"


@pytest.mark.parametrize(
    "directive", ["script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "form-action 'none'"]
)
def test_pages_load_from_here_only(directive):
    assert directive in POLICY.split("; ")
    assert "unsafe" not in POLICY
    assert "*" not in POLICY
