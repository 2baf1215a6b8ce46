"""PURE: answers of the OpenFeature Remote Evaluation Protocol, made of evaluated flags; it evaluates none."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET, Struct, UnsetType

from communicator.answers.features import Evaluated

OK, NOT_MODIFIED, BAD_REQUEST, NOT_FOUND, SERVER_ERROR = 200, 304, 400, 404, 500
REASONS = frozenset(
    ("STATIC", "DEFAULT", "TARGETING_MATCH", "SPLIT", "CACHED", "DISABLED", "UNKNOWN", "STALE", "ERROR")
)
"""Those that OpenFeature names: clients fail at any other one."""
_STALE = "STALE"
FLAG_NOT_FOUND = "FLAG_NOT_FOUND"
"""What clients make the code's default of, without a fault."""
_CODES = frozenset(("PARSE_ERROR", "TARGETING_KEY_MISSING", "INVALID_CONTEXT", "GENERAL"))
"""Of a failure; a type is not asked for, so that TYPE_MISMATCH means nothing to who asks."""


class Success(Struct, rename="camel"):
    """A flag that has a value, or whose value is the code's default."""

    key: str
    reason: str
    variant: str
    """Empty where the code's default counts."""
    metadata: dict[str, Any]
    value: msgspec.Raw | UnsetType = UNSET
    """Missing where the code's default counts."""


class Failure(Struct, rename="camel"):
    """A flag that has none."""

    key: str
    error_code: str
    error_details: str


class Fault(Struct, rename="camel", omit_defaults=True):
    """What is wrong with a question about all flags, or with us."""

    error_details: str
    error_code: str = ""


class Bulk(Struct):
    """All flags."""

    flags: list[Success | Failure]


class Reply(NamedTuple):
    """An answer, and whether it is a good one."""

    status: int
    body: bytes


class _Metadata(Struct):
    metadata: dict[str, Any] = {}


def single_reply(key: str, evaluated: Evaluated, definition: bytes | None, *, is_stale: bool) -> Reply:
    """One flag.

    Args:
        key: Its name.
        evaluated: What it came to.
        definition: In flagd's form; None: it is not defined.
        is_stale: Whether the flags may have changed without our having heard.
    """
    told = flag_of(key, evaluated, definition, is_stale=is_stale)
    if isinstance(told, Success):
        return Reply(OK, msgspec.json.encode(told))
    status = NOT_FOUND if told.error_code == FLAG_NOT_FOUND else BAD_REQUEST
    return Reply(status, msgspec.json.encode(told))


def flag_of(key: str, evaluated: Evaluated, definition: bytes | None, *, is_stale: bool) -> Success | Failure:
    """One flag, as it stands in an answer; see `single_reply`."""
    code = evaluated.error_code
    if code:
        known = code if code in _CODES or code == FLAG_NOT_FOUND else "GENERAL"
        return Failure(key, known, evaluated.message or f"flag {key!r} could not be evaluated: {code}")
    reason = evaluated.reason if evaluated.reason in REASONS else "UNKNOWN"
    metadata = msgspec.json.decode(definition, type=_Metadata).metadata if definition else {}
    value = evaluated.value if evaluated.variant else UNSET
    return Success(key, _STALE if is_stale else reason, evaluated.variant, metadata, value)


def bulk_reply(flags: Iterable[Success | Failure]) -> Reply:
    """All flags, in the order given."""
    return Reply(OK, msgspec.json.encode(Bulk(list(flags))))


def not_found_reply(key: str) -> Reply:
    """A flag that there cannot be."""
    return Reply(NOT_FOUND, msgspec.json.encode(Failure(key, FLAG_NOT_FOUND, f"there is no flag {key!r}")))


def refused_reply(key: str, code: str, text: str) -> Reply:
    """A question that is none.

    Args:
        key: The flag it was about; empty: all.
        code: What is wrong with it, as the protocol names that.
        text: The same in words.
    """
    told: Failure | Fault = Failure(key, code, text) if key else Fault(text, code)
    return Reply(BAD_REQUEST, msgspec.json.encode(told))


def fault_body(text: str) -> bytes:
    """What is said with a status that the protocol leaves to HTTP."""
    return msgspec.json.encode(Fault(text))


def etag_of(body: bytes) -> str:
    """The entity tag of an answer: what the flags come to in this context, and not only which flags there are."""
    return f'"{blake2b(body, digest_size=16).hexdigest()}"'


def is_known(if_none_match: str, etag: str) -> bool:
    """Whether the asker has this answer already.

    Args:
        if_none_match: What it says it has.
        etag: Of the answer.
    """
    held = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return etag in held or "*" in held
