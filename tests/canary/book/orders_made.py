"""Orders for the tests of the book."""

from canary.book.order import Order

WHOLE = {
    "kind": "block",
    "service": "billing",
    "version": "2.0",
    "span_s": 3_600.0,
    "reason": "it loses invoices",
    "user": "root",
    "given_on": "alpha",
    "origin": "alpha",
    "nonce": "0123456789abcdef",
}


def order(number=0, **changes):
    """An order; each number makes another one."""
    return Order(**{**WHOLE, "nonce": f"{number:016x}", **changes})
