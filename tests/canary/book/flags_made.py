"""Definitions of flags for the tests of the book."""

from canary.book.definition import Definition, Stamp

FLAG = b'{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"on"}'


def definition(feature="new-checkout", counter=1, origin="alpha", **changes):
    """A definition."""
    whole = {"flag": FLAG, "at_s": 0.0, "user": "root", "given_on": origin, "reason": "we begin", **changes}
    return Definition(feature=feature, stamp=Stamp(counter, origin), **whole)
