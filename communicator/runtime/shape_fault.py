"""PURE: what is wrong with a document that does not have the shape of a type, as key and reason; it reads no file."""

import re
from functools import reduce
from typing import Any

import msgspec
from msgspec import inspect

from communicator.errors import ConfigError

Table = dict[str, Any]

_PATH = re.compile(r"\s+- at `\$\.?(?P<path>[^`]*)`$")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>[^`]*)`")
_MISSING = re.compile(r"Object missing required field `(?P<key>[^`]*)`")
_UNQUOTED = re.compile(r"Expected `str`, got `(int|float|bool)`")
_FREE = "[...]"
"""In a path: a value of a table whose keys are free."""
_NUMBER = re.compile(r"\[\d+\]$")


def explain(error: msgspec.ValidationError, document: Table, wanted: type[msgspec.Struct]) -> tuple[str, str]:
    """Key and reason; an error of ours keeps its own words.

    Args:
        error: What msgspec says.
        document: What it says that of.
        wanted: The type that the document does not have.
    """
    text = str(error)
    found = _PATH.search(text)
    path = _named(found["path"], text, document, wanted) if found else ""
    reason = text[: found.start()] if found else text
    cause = error.__cause__
    if isinstance(cause, ConfigError):
        return _joined(path, cause.key), cause.reason
    unknown = _UNKNOWN.match(reason)
    if unknown:
        return _joined(path, unknown["key"]), "is not a known key"
    missing = _MISSING.match(reason)
    path = _joined(path, missing["key"]) if missing else path
    return path, ("is missing" if missing else _plain(reason)) + _hint(reason, _words_of(wanted, path))


def _plain(reason: str) -> str:
    return reason[:1].lower() + reason[1:].replace("`", "")


def _hint(reason: str, words: list[str]) -> str:
    if words:
        return f": it is one of {', '.join(words)}"
    return ": write it in quotes" if _UNQUOTED.match(reason) else ""


def _joined(*parts: str) -> str:
    return ".".join(filter(None, parts))


def _named(path: str, text: str, document: Table, wanted: type[msgspec.Struct]) -> str:
    """The path with the name in it that msgspec leaves out: the one that is refused alone in the same words."""
    table, free, key = path.partition(_FREE)
    if not free:
        return path
    names = [name for name in _at(document, table) if _complaint(_alone(document, table, name), wanted) == text]
    return _joined(table, *names[:1]) + key.replace(_FREE, "")


def _at(document: Table, path: str) -> Table:
    found: Any = document
    for key in path.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _alone(document: Table, path: str, name: str) -> Table:
    """The document, with nothing but one name in a table of it."""
    key, _, rest = path.partition(".")
    inner = document[key]
    return {**document, key: _alone(inner, rest, name) if rest else {name: inner[name]}}


def _complaint(document: Table, wanted: type[msgspec.Struct]) -> str:
    try:
        msgspec.convert(document, wanted)
    except msgspec.ValidationError as error:
        return str(error)
    return ""


def _words_of(wanted: type[msgspec.Struct], path: str) -> list[str]:
    """The words that a key takes; empty where they are not fixed, or where it is no key."""
    match reduce(_inner, path.split("."), inspect.type_info(wanted)):
        case inspect.EnumType(cls):
            return [str(word.value) for word in cls]
        case inspect.LiteralType(values):
            return list(map(str, values))
    return []


def _inner(kind: inspect.Type, key: str) -> inspect.Type:
    """The type of a key of that type."""
    name = _NUMBER.sub("", key)
    match kind:
        case inspect.DictType(value_type=value):
            return value
        case inspect.UnionType(types=(inspect.StructType() as table, inspect.NoneType())):
            return _inner(table, key)
        case inspect.UnionType(types=types):
            tags = sorted(
                str(one.tag) for one in types if isinstance(one, inspect.StructType) and one.tag_field == name
            )
            return inspect.LiteralType(values=tuple(tags)) if tags else inspect.AnyType()
        case inspect.StructType(fields=fields):
            found = next((field.type for field in fields if field.encode_name == name), inspect.AnyType())
            return found.item_type if name != key and isinstance(found, inspect.VarTupleType) else found
    return inspect.AnyType()
