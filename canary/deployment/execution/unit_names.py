r"""PURE: names of systemd units, and text as it may stand in one, by the rules of systemd-escape(1).

``/`` becomes ``-``, and each byte that is no ASCII letter, digit, ``:``, ``_`` or ``.`` becomes ``\xNN``; so does a dot at the
beginning.
"""

import re

from canary.deployment.execution.placeholders import fill

LONGEST = 255
"""Characters of a name, as systemd has it."""
_PLAIN = frozenset(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:_.")
_ESCAPED = re.compile(rb"\\x([0-9a-f]{2})|(-)")
_NAME = re.compile(r"[A-Za-z0-9:_.\\-]+(@[A-Za-z0-9:_.\\-]+)?\.service")
_PATHS = frozenset((".", ".."))
"""Versions that would lead a unit, which names a folder by them, out of its folder; so would one with a slash."""


def escape(text: str) -> str:
    """What ``systemd-escape`` makes of a text.

    Raises:
        UnicodeEncodeError: It holds half a character, which is no text.
    """
    encoded = text.encode()
    return "".join(_escape(byte, is_first=place == 0) for place, byte in enumerate(encoded))


def unescape(text: str) -> str:
    """What ``%I`` in a unit makes of it.

    Raises:
        UnicodeDecodeError: It is no text any more.
    """
    return _ESCAPED.sub(lambda found: b"/" if found[2] else bytes.fromhex(found[1].decode()), text.encode()).decode()


def unit_of(template: str, service: str, version: str) -> str:
    """The unit in which a version of a service runs.

    Args:
        template: Such as ``{service}@{version}.service``.
        service: It stands there as it is.
        version: It is escaped.

    Raises:
        ValueError: There can be no such unit; the text says why.
    """
    if "/" in version or version in _PATHS or "\0" in version:
        raise ValueError(f"version {version!r} could lead its unit out of its folder: deploy one without slashes")
    try:
        escaped = escape(version)
        is_kept = bool(version) and unescape(escaped) == version
    except UnicodeError:
        is_kept = False
    if not is_kept:
        raise ValueError(f"version {version!r} cannot stand in the name of a unit: deploy one that is text")
    unit = fill(template, {"service": service, "version": escaped})
    if len(unit) > LONGEST:
        raise ValueError(f"unit {unit[:60]!r}… has {len(unit)} characters, more than {LONGEST}: shorten the version")
    if not _NAME.fullmatch(unit):
        raise ValueError(f"{unit!r} is not the name of a unit: see the setting unit of the executor")
    return unit


def _escape(byte: int, *, is_first: bool) -> str:
    if byte == ord("/"):
        return "-"
    if byte in _PLAIN and not (is_first and byte == ord(".")):
        return chr(byte)
    return f"\\x{byte:02x}"
