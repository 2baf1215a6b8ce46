"""Addresses of metric servers and webhooks, and what is said of others."""

import pytest

from canary.deployment.http_address import require_url
from communicator.errors import ConfigError


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example",
        "https://a.example:8443/x/y?z=1",
        "http://127.0.0.1:9090",
        "http://[::1]/",
        "http://localhost",
    ],
)
def test_what_may_be_told_a_secret(url):
    require_url("url", url, carries_secret=True)


@pytest.mark.parametrize("url", ["http://a.example:9090", "http://10.0.0.1/prometheus"])
def test_what_may_not(url):
    require_url("url", url, carries_secret=False)
    with pytest.raises(ConfigError, match="would be told a secret in clear: use https"):
        require_url("url", url, carries_secret=True)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a.example",
        "ftp://a.example",
        "https://",
        "https:///x",
        "https://a:port/",
        "https://a b/",
        "https://ä.de",
        "https://[::1/",
    ],
)
def test_what_is_no_address(url):
    with pytest.raises(ConfigError, match="is not an address such as"):
        require_url("url", url, carries_secret=False)


@pytest.mark.parametrize("url", ["https://me:secret@a.example", "https://me@a.example", "https://a.example/#part"])
def test_an_address_holds_no_secret(url):
    with pytest.raises(ConfigError, match="has no user, no password") as raised:
        require_url("url", url, carries_secret=False)
    assert "secret@" not in str(raised.value)
