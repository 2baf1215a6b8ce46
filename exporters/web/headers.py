"""PURE: what the headers of a request may take, and those that every answer carries for a browser; it knows no page."""

from collections.abc import Iterable, Mapping

Headers = list[tuple[bytes, bytes]]

HEAD_BYTES = 16 * 1024
"""The request line and all headers of a request: a browser sends 1 or 2 KiB."""
HEAD_LINES = 64
"""Headers of a request: a browser sends some twenty."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""What the page at / needs, and nothing else (Content Security Policy Level 3)."""

SECURITY: Mapping[bytes, bytes] = {
    b"content-security-policy": POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
}
_UNSAID: Mapping[bytes, bytes] = {b"cache-control": b"no-store"}
"""What an answer may say otherwise: static files may be kept."""


def with_security(headers: Iterable[tuple[bytes, bytes]], others: Mapping[bytes, bytes] | None = None) -> Headers:
    """The headers of an answer, with ours.

    Args:
        headers: Its own, names in lower case.
        others: What the operator wants in place of ours, or besides; names in lower case.
    """
    wanted = {**SECURITY, **(others or {})}
    own = [(name, value) for name, value in headers if name.lower() not in wanted]
    said = {name.lower() for name, _ in own}
    unsaid = [(name, value) for name, value in _UNSAID.items() if name not in said and name not in wanted]
    return own + unsaid + list(wanted.items())


def is_too_much(headers: Headers) -> bool:
    """Whether a request says more than any of our questions needs."""
    return len(headers) > HEAD_LINES or sum(len(name) + len(value) for name, value in headers) > HEAD_BYTES
