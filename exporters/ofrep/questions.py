"""PURE: what a request of the OpenFeature Remote Evaluation Protocol asks for: which flag, in which context; it answers none."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from communicator.answers.features import NAME_CHARACTERS
from communicator.features.document import NAME
from communicator.features.strict_json import read_json

FLAGS_PATH = "/ofrep/v1/evaluate/flags"
"""Where all flags are asked for; a single one at this, a slash and its name."""
BODY_BYTES = 64 * 1024
"""The size of a body at most: a context is a few attributes of who asks."""
NESTING = 32
"""How deeply a context may be nested: rules look a few levels deep, and copying one takes our stack."""


class Asked(NamedTuple):
    """What a path asks for."""

    key: str
    """The name of a flag, or what stands in its place, for people; empty for all flags."""
    is_flag: bool
    """Whether a flag can have that name."""

    @property
    def is_bulk(self) -> bool:
        """Whether all flags are asked for."""
        return not self.key and not self.is_flag


class RefusedError(ValueError):
    """A question that has no answer.

    Args:
        code: Why, as the protocol names it.
        text: In words.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def read_path(raw_path: bytes, query: bytes) -> Asked:
    """What is asked for.

    Some clients do not encode a name: one with a question mark in it comes cut in two, and would be that of another flag.

    Args:
        raw_path: As it came, without the query.
        query: What came behind the question mark.
    """
    path = raw_path.decode("latin-1")
    if path == FLAGS_PATH:
        return Asked("", is_flag=False)
    before, _, rest = path.partition(f"{FLAGS_PATH}/")
    if before or not rest:
        return Asked(_shortened(path), is_flag=False)
    key = unquote(rest, errors="replace") + (f"?{query.decode('latin-1')}" if query else "")
    return Asked(_shortened(key), is_flag=NAME.fullmatch(key) is not None)


def read_context(body: bytes) -> Mapping[str, Any]:
    """The context of a question.

    Args:
        body: A JSON object, whose ``context`` is an object too, or missing.

    Raises:
        RefusedError: It is none.
    """
    try:
        question = read_json(body)
    except ValueError as error:
        raise RefusedError("PARSE_ERROR", f"the body: {error}") from None
    if not isinstance(question, dict):
        raise RefusedError("INVALID_CONTEXT", "the body is no JSON object")
    context = question.get("context", {})
    if not isinstance(context, dict):
        raise RefusedError("INVALID_CONTEXT", "context is no JSON object")
    if not isinstance(context.get("targetingKey", ""), str):
        raise RefusedError("INVALID_CONTEXT", "targetingKey is no text")
    if _is_deeper(context, NESTING):
        raise RefusedError("INVALID_CONTEXT", f"context is nested more than {NESTING} levels deep")
    return context


def _is_deeper(value: object, levels: int) -> bool:
    """Whether there are objects or lists below so many levels."""
    level = [value]
    for _ in range(levels):
        level = [part for one in level for part in _parts(one)]
    return any(map(_parts, level))


def _parts(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _shortened(text: str) -> str:
    return text if len(text) <= NAME_CHARACTERS else text[: NAME_CHARACTERS - 3] + "..."
