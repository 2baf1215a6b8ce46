"""PURE: reads JSON as its standard has it, without what Python's reader lets pass beyond that: NaN, infinity, a key said twice."""

import json
import math
from collections import Counter
from typing import Any, NoReturn


def read_json(text: bytes | str) -> Any:  # noqa: ANN401 - whatever JSON holds
    """What a text says in JSON.

    Raises:
        ValueError: It is none, or one that readers take differently; the text says what to do.
    """
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise ValueError("it is nested too deeply: make it flatter") from None
    except UnicodeDecodeError:
        raise ValueError("it is no UTF-8: write it in UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(
            f"it is no JSON: {error.msg} in line {error.lineno}, column {error.colno}: mend it there"
        ) from None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content = dict(pairs)
    if len(content) < len(pairs):
        counts = Counter(name for name, _ in pairs)  # one pass: anybody may say 8,000 names and one of them again
        twice = next(name for name, count in counts.items() if count > 1)
        raise ValueError(f"{twice!r:.140} stands twice in one object: take one of them out")
    return content


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number in JSON: write another one")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text:.80} is too large a number: write a smaller one")
    return number
