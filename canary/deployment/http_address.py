"""PURE: the addresses of metric servers and webhooks, as settings name them."""

from urllib.parse import SplitResult, urlsplit

from communicator.errors import ConfigError
from communicator.protocol.addresses import HostPort

_PORTS = {"http": 80, "https": 443}
_SHOWN_CHARACTERS = 200


def require_url(key: str, url: str, *, carries_secret: bool) -> None:
    """See that a setting names a place to ask over HTTP.

    Args:
        key: The setting.
        url: What it says.
        carries_secret: What is said there is nobody else's business: in clear it is said on this machine only.

    Raises:
        ConfigError: It does not; the text says what to write.
    """
    try:
        parts = urlsplit(url)
        place = host_port(parts)
        is_one = parts.scheme in _PORTS and place.host and url.isascii() and url.isprintable() and " " not in url
    except ValueError:
        is_one = False
    if not is_one:
        raise ConfigError(key, f"{url[:_SHOWN_CHARACTERS]!r} is not an address such as 'https://prometheus.example'")
    if parts.username is not None or parts.fragment:
        raise ConfigError(key, "an address has no user, no password and no '#': secrets stand in files")
    if carries_secret and parts.scheme == "http" and not place.is_loopback:
        raise ConfigError(key, f"{url[:_SHOWN_CHARACTERS]!r} would be told a secret in clear: use https")


def host_port(parts: SplitResult) -> HostPort:
    """Where an address leads.

    Raises:
        ValueError: Its port is none.
    """
    return HostPort(parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0))
