"""PURE: where code names feature flags: Python by its syntax tree, other languages by a pattern; it opens no file."""

import ast
import re
import warnings
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

How = Literal["call", "pattern", "literal"]
"""``call``: an evaluation, by Python's syntax tree. ``pattern``: what looks like one. ``literal``: a text that equals a name."""
_PYTHON_CALL = re.compile(r"get_(boolean|string|integer|float|object)_(value|details)(_async)?")
_KEY = "flag_key"
"""How the OpenFeature SDK for Python names its first parameter."""
_PARAMETERS = 2
"""An evaluation passes a default at least: other functions of these names, such as those that read settings, do not."""
_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}"
_OTHER_CALL = (
    r"(?:get|fetch|use|resolve)?_?(?:bool(?:ean)?|str(?:ing)?|int(?:eger)?|long|float|double|number|object|struct)"
    r"_?(?:flag)?_?(?:value|details|valuedetails|evaluation)_?(?:async)?|use(?:suspense)?flag"
)
_OTHERS = (
    # getBooleanValue("x", …  client.BooleanValue(ctx, "x", …  fetch_boolean_value(flag_key: 'x', …  get_int_value::<i64>("x", …
    re.compile(
        rf"\b(?:{_OTHER_CALL})(?:::)?(?:<[\w\s,.?]{{0,80}}>)?\(\s*(?:[\w.()]{{1,80}},\s*)?(?:(?:flag_?)?key\s*[:=]\s*)?"
        rf"(?P<mark>[\"'`])(?P<name>{_NAME})(?P=mark)\s*,",
        re.IGNORECASE,
    ),
    re.compile(rf"/ofrep/v1/evaluate/flags/(?P<name>{_NAME})"),
    re.compile(rf"\bFEATURE_EVALUATE\b[^\n]{{0,400}}?\bfeature=[\"']?(?P<name>{_NAME})"),
)
"""What passes for an evaluation in other languages: a call of OpenFeature, a path of OFREP, a plain message."""
_QUOTED = re.compile(rf"(?P<mark>[\"'`])(?P<name>{_NAME})(?P=mark)")


class Reference(NamedTuple):
    """A place in code that names a flag."""

    line: int
    """From 1 on."""
    name: str
    """Of the flag; empty: the code makes it up while it runs, and nobody can tell which is meant."""
    how: How


def python_references(text: bytes, names: Collection[str]) -> list[Reference]:
    """The references in a Python file: evaluations by name, then texts that equal the name of a flag.

    Args:
        text: The file; it says itself in which encoding it is.
        names: The flags that are defined: any other text is no reference.

    Raises:
        ValueError: It is no Python; the text says where.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python finds odd in the code of others is their business
            tree = ast.parse(text)
    except SyntaxError as error:
        raise ValueError(f"no Python: line {error.lineno or 0}: {error.msg}") from None
    except (RecursionError, MemoryError):
        raise ValueError("no Python: nested too deeply") from None
    calls = {id(key): key for call in _calls(tree) if (key := _key_of(call)) is not None}
    constants = _constants(tree)
    found = [Reference(key.lineno, _text_of(key, constants), "call") for key in calls.values()]
    found += [
        Reference(node.lineno, node.value, "literal")
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in names
        if id(node) not in calls
    ]
    return sorted(found)


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    """The calls of an evaluation, whatever the client is called there."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if _PYTHON_CALL.fullmatch(name) and _may_pass_default(node):
                yield node


def _may_pass_default(call: ast.Call) -> bool:
    unpacks = any(isinstance(one, ast.Starred) for one in call.args) or any(one.arg is None for one in call.keywords)
    return unpacks or len(call.args) + len(call.keywords) >= _PARAMETERS


def _key_of(call: ast.Call) -> ast.expr | None:
    """What it passes as the name of the flag; None: nothing, so that it is another function of that name."""
    if call.args:
        return call.args[0]
    return next((keyword.value for keyword in call.keywords if keyword.arg == _KEY), None)


def _constants(tree: ast.Module) -> Mapping[str, str]:
    """The names that a module binds to a text, once, at its top."""
    found: dict[str, str] = {}
    names = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    bound = Counter(name.id for name in names if isinstance(name.ctx, ast.Store))
    for statement in tree.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        value = getattr(statement, "value", None)
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            found.update({one.id: value.value for one in targets if isinstance(one, ast.Name)})
    return {name: text for name, text in found.items() if bound[name] == 1}


def _text_of(key: ast.expr, constants: Mapping[str, str]) -> str:
    if isinstance(key, ast.Constant):
        return key.value if isinstance(key.value, str) else ""
    return constants.get(key.id, "") if isinstance(key, ast.Name) else ""


def other_references(text: str, names: Collection[str]) -> list[Reference]:
    """The references in a file of another language, by pattern; comments count, since no pattern knows them.

    Args:
        text: The file.
        names: The flags that are defined: any other text in quotes is no reference.
    """
    starts = _line_starts(text)
    calls = {match.start("name"): match["name"] for pattern in _OTHERS for match in pattern.finditer(text)}
    quoted = {
        match.start("name"): match["name"]
        for match in _QUOTED.finditer(text)
        if match["name"] in names and match.start("name") not in calls
    }
    found = [Reference(_line(starts, at), name, "pattern") for at, name in calls.items()]
    return sorted([*found, *(Reference(_line(starts, at), name, "literal") for at, name in quoted.items())])


def _line_starts(text: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer("\n", text))]


def _line(starts: list[int], at: int) -> int:
    return bisect_right(starts, at)


def certain(references: Iterable[Reference]) -> list[Reference]:
    """Those that evaluate a flag, and do not only hold a text that equals its name."""
    return [one for one in references if one.how != "literal"]
