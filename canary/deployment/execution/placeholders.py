"""PURE: the places in a text, such as ``{version}``, that a task fills in; no shell and no format of Python sees them."""

import re
from collections.abc import Mapping

_PLACE = re.compile(r"\{([^{}]*)\}")


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values in, each as it is: one that looks like a place stays what it is."""
    return _PLACE.sub(lambda found: values[found[1]], text)


def places_of(text: str) -> frozenset[str]:
    """The names of all places."""
    return frozenset(_PLACE.findall(text))
