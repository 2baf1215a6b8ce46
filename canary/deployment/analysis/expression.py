"""PURE: what a check's file says of a good or a bad value, such as ``< 0.3`` or ``between 1 and 3``."""

import operator
import re
from collections.abc import Callable

Condition = Callable[[float], bool]

_NUMBER = r"([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)"
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def _compare(sign: str, bound: str) -> Condition:
    comparison, limit = _COMPARISONS[sign], float(bound)
    return lambda value: comparison(value, limit)


def _between(lowest: str, highest: str) -> Condition:
    low, high = float(lowest), float(highest)
    if low > high:
        raise ValueError(f"nothing is between {lowest} and {highest}: write the smaller number first")
    return lambda value: low <= value <= high


_FORMS: tuple[tuple[re.Pattern[str], Callable[[str, str], Condition]], ...] = (
    (re.compile(rf"(<=?|>=?|[=!]=)\s*{_NUMBER}", re.ASCII), _compare),
    (re.compile(rf"between\s+{_NUMBER}\s+and\s+{_NUMBER}", re.ASCII), _between),
)


def parse_condition(text: str) -> Condition:
    """Read a condition on one number; ``between`` includes both ends.

    Raises:
        ValueError: It is none.
    """
    for form, make in _FORMS:
        found = form.fullmatch(text.strip().lower())
        if found:
            return make(found[1], found[2])
    raise ValueError(f"{text[:60]!r} is not a condition such as '< 0.3', '>= 2' or 'between 1 and 3'")
