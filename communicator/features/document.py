"""PURE: definitions of feature flags in flagd's form: read and checked, switched off, and what is known of their purpose."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import msgspec

from communicator.answers.features import DEFINITION_BYTES, NAME_CHARACTERS
from communicator.features.strict_json import read_json
from communicator.features.targeting import NESTING, may_give_nothing, outcomes, require_targeting

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", re.ASCII)
"""What a flag may be called."""
LASTING = frozenset(("kill-switch", "permission"))
"""Types of flags that have no lifetime."""
TYPES = frozenset(("release", "experiment", "operational")) | LASTING

_KINDS: dict[type, str] = {
    bool: "boolean",
    str: "string",
    int: "integer",
    float: "float",
    dict: "object",
    list: "object",
}
_FLAG_KEYS = frozenset(("state", "variants", "defaultVariant", "targeting", "metadata"))
_TOP_KEYS = frozenset(("$schema", "$evaluators", "flags", "metadata"))
_INHERITED = ("owner", "type", "expires")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

Json = dict[str, Any]


class Document(msgspec.Struct, frozen=True):
    """A document of flags, such as a file of ``features.d``."""

    flags: dict[str, bytes]
    """The sound flags, each as canonical JSON that stands alone."""
    faults: tuple[str, ...] = ()
    """What is wrong with the others, each with flag, key and remedy."""


class About(msgspec.Struct, frozen=True):
    """What a definition says of the flag's purpose."""

    owner: str = ""
    type: str = ""
    expires: str = ""
    """A date, such as ``2026-12-31``; empty: the flag has no lifetime."""


def read_flags(text: str) -> Document:
    """Read a document of flags; a faulty flag costs itself alone.

    Raises:
        ValueError: Nothing can be read: it is no JSON, or has no flags.
    """
    document = read_json(text)
    if not isinstance(document, dict) or not isinstance(document.get("flags"), dict):
        raise ValueError('it has no object "flags": write {"flags": {NAME: {...}}}')  # noqa: TRY004 - a fault of the text
    if not document["flags"]:
        raise ValueError("its flags are empty: define one, or take the file away")
    faults = [f"{key!r}: unknown key of the document: take it out" for key in sorted(document.keys() - _TOP_KEYS)]
    flags = {}
    for name, flag in document["flags"].items():
        try:
            flags[name] = _require(name, _completed(flag, document))
        except ValueError as error:
            faults.append(f"flag {name!r:.140}: {error}")
    return Document(flags, tuple(faults))


def require_flag(name: str, text: bytes | str) -> bytes:
    """See that one definition is sound; what flagd-core would take and then stumble over at each evaluation is not.

    Args:
        name: Of the flag.
        text: A flag object in flagd's form.

    Returns:
        It as canonical JSON.

    Raises:
        ValueError: It is not sound; the text names flag, key and remedy.
    """
    try:
        return _require(name, read_json(text))
    except ValueError as error:
        raise ValueError(f"flag {name!r:.140}: {error}") from None


def off_variant(flag: bytes) -> str | None:
    """The variant that a flag serves to everybody when it is switched off; None: the code's default counts."""
    return _off_variant(msgspec.json.decode(flag))


def switched_off(flag: bytes) -> bytes:
    """A sound definition as it is evaluated while an order says that the feature be off."""
    content: Json = msgspec.json.decode(flag)
    variant = _off_variant(content)
    content.pop("targeting", None)
    content["metadata"] = content.get("metadata", {}) | {"switched_off": True}
    content |= {"state": "DISABLED"} if variant is None else {"state": "ENABLED", "defaultVariant": variant}
    return _canonical(content)


def about(flag: bytes) -> About:
    """Whose flag it is, what for, and until when."""
    metadata = msgspec.json.decode(flag).get("metadata", {})
    return About(*(str(metadata.get(key, "")) for key in _INHERITED))


def is_one_sided(flag: bytes) -> bool:
    """Whether a sound definition gives everybody the same, whatever the context."""
    content: Json = msgspec.json.decode(flag)
    rule = content.get("targeting") or {}
    if content["state"] == "DISABLED" or not rule:
        return True
    given = outcomes(rule)
    if given is None:
        return False
    return len(given | ({content.get("defaultVariant")} if may_give_nothing(rule) else set())) == 1


def kind_of(variants: Iterable[object]) -> str:
    """The type of a flag by the values of its variants: ``boolean``, ``string``, ``integer``, ``float`` or ``object``.

    Raises:
        ValueError: They are of several types, or of none that a flag may have.
    """
    kinds = {_KINDS.get(type(value), "null") for value in variants}
    if kinds == {"integer", "float"}:
        return "float"
    if len(kinds) != 1 or "null" in kinds:
        raise ValueError(
            f"they are of the types {', '.join(sorted(kinds)) or 'none'}: give all of them one type, and none null"
        )
    return kinds.pop()


def _off_variant(flag: Json) -> str | None:
    variants: Json = flag["variants"]
    for name in (flag.get("metadata", {}).get("off"), "off"):
        if name in variants:
            return str(name)
    names = [name for name, value in variants.items() if value is False]
    return names[0] if len(names) == 1 else None


def _require(name: str, flag: Any) -> bytes:  # noqa: ANN401 - whatever JSON holds
    if not NAME.fullmatch(name):
        raise ValueError(f"its name: write 1 to {NAME_CHARACTERS} letters, digits, '.', '_' or '-', no sign first")
    if not isinstance(flag, dict):
        raise ValueError(f"{flag!r:.80} is no definition: write an object")  # noqa: TRY004 - as above
    if unknown := sorted(flag.keys() - _FLAG_KEYS):
        raise ValueError(f"{unknown[0]!r}: unknown key: take it out, or move it into metadata")
    for key, check in _CHECKS.items():
        try:
            check(flag)
        except ValueError as error:
            raise ValueError(f"{key}: {error}") from error
    try:
        text = _canonical(flag)
    except (UnicodeEncodeError, RecursionError) as error:
        raise ValueError(f"it cannot be written as JSON: {error}") from None
    if len(text) > DEFINITION_BYTES:
        raise ValueError(f"{len(text)} bytes are more than {DEFINITION_BYTES}: make it smaller")
    return text


def _check_state(flag: Json) -> None:
    if flag.get("state") not in ("ENABLED", "DISABLED"):
        raise ValueError(f"{flag.get('state')!r:.80} is none: write 'ENABLED' or 'DISABLED'")


def _check_variants(flag: Json) -> None:
    variants = flag.get("variants")
    if not isinstance(variants, dict) or not variants:
        raise ValueError(f'{variants!r:.80} names none: write an object such as {{"on": true, "off": false}}')
    for name in variants:
        if not name or len(name) > NAME_CHARACTERS or not name.isprintable():
            raise ValueError(f"{name!r:.140} cannot be a name: write 1 to {NAME_CHARACTERS} printable characters")
    kind_of(variants.values())


def _check_default(flag: Json) -> None:
    default = flag.get("defaultVariant")
    if default is not None and (not isinstance(default, str) or default not in flag["variants"]):
        raise ValueError(f"{default!r:.80} is not among the variants: name one of them, or leave it out")


def _check_targeting(flag: Json) -> None:
    if flag.get("targeting") is not None:
        require_targeting(flag["targeting"], flag["variants"])


def _check_metadata(flag: Json) -> None:
    metadata = flag.get("metadata", {})
    if not isinstance(metadata, dict):
        raise ValueError(f"{metadata!r:.80} is no object: write one with owner and type")  # noqa: TRY004 - as above
    for key, value in metadata.items():
        if not key or not isinstance(value, str | int | float):
            raise ValueError(f"{key!r:.80} is {value!r:.80}: write a text, a number, true or false")
    if "switched_off" in metadata:
        raise ValueError("switched_off is said by the canary alone: take it out")
    off = metadata.get("off")
    if "off" in metadata and (not isinstance(off, str) or off not in flag["variants"]):
        raise ValueError(f"off names {off!r:.80}, which is not among the variants: name one of them")
    _check_purpose(metadata)


def _check_purpose(metadata: Mapping[str, object]) -> None:
    owner, kind, expires = (metadata.get(key) for key in _INHERITED)
    if not isinstance(owner, str) or not owner.strip():
        raise ValueError("it has no owner: write who answers for the flag")
    if not isinstance(kind, str) or kind not in TYPES:
        raise ValueError(f"type is {kind!r:.80}: write one of {', '.join(sorted(TYPES))}")
    if expires is None and kind in LASTING:
        return
    if not isinstance(expires, str) or not _DATE.fullmatch(expires) or not _is_date(expires):
        raise ValueError(f"expires is {expires!r:.80}: write a date such as '2026-12-31'")


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


# In this order: each check may rely on those before it.
_CHECKS = {
    "state": _check_state,
    "variants": _check_variants,
    "defaultVariant": _check_default,
    "metadata": _check_metadata,
    "targeting": _check_targeting,
}


def _completed(flag: Any, document: Json) -> Any:  # noqa: ANN401 - whatever JSON holds
    """A flag of a document with what the document says for all: their purpose, and rules under a name."""
    if not isinstance(flag, dict):
        return flag
    common = document.get("metadata")
    if isinstance(common, dict) and isinstance(metadata := flag.get("metadata", {}), dict):
        flag = flag | {"metadata": {key: common[key] for key in _INHERITED if key in common} | metadata}
    if isinstance(rules := document.get("$evaluators"), dict) and "targeting" in flag:
        flag = flag | {"targeting": _Inliner(rules).inlined(flag["targeting"], 0)}
    return flag


class _Inliner:
    """Puts rules in the place of their names, for one flag; a few names that name each other could grow without end."""

    def __init__(self, rules: Json) -> None:
        self._rules = rules
        self._left = DEFINITION_BYTES

    def inlined(self, rule: Any, depth: int) -> Any:  # noqa: ANN401 - whatever JSON holds
        self._left -= 1
        if depth > NESTING or self._left < 0:
            raise ValueError(
                "targeting: with its $evaluators it grows too large or leads back to itself: make it smaller"
            )
        if isinstance(rule, list):
            return [self.inlined(part, depth + 1) for part in rule]
        if not isinstance(rule, dict):
            return rule
        name = rule.get("$ref")
        if len(rule) == 1 and isinstance(name, str) and name in self._rules:
            return self.inlined(self._rules[name], depth + 1)
        return {key: self.inlined(part, depth + 1) for key, part in rule.items()}


def _canonical(flag: Json) -> bytes:
    """The same bytes for the same flag, in whatever order it was written."""
    return msgspec.json.encode(flag, order="deterministic")
