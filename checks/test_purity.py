"""PURE modules name nothing that does I/O, and call no clock; `pure_contract` follows what they import."""

import ast
import tomllib

import pytest
from grimp import ImportGraph

from checks.pure_contract import impure_chains
from checks.tree import MODULES, ROOT, docstring, dotted, is_pure, source

[PURITY] = [
    contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    if contract["type"] == "pure"
]
IO_MODULES = frozenset(PURITY["forbidden_modules"])
IO_SUBMODULES = frozenset({"urllib.request"})
CLOCKS_AND_DICE = frozenset({"now", "utcnow", "today", "uuid1", "uuid4", "open", "print", "input"})
"""Calls that reach the world without one of those modules: a clock, a random number, a file, the terminal."""


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def calls(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            yield function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def impurities(text):
    tree = ast.parse(text)
    used = {name for name in imports(tree) if name.partition(".")[0] in IO_MODULES or name in IO_SUBMODULES}
    return sorted(used | (set(calls(tree)) & CLOCKS_AND_DICE))


def test_a_pure_module_reaches_nothing_outside():
    pure = [module for module in MODULES if is_pure(module)]
    assert {dotted(module): found for module in pure if (found := impurities(source(module)))} == {}


def test_the_core_is_pure():
    pure = {dotted(module) for module in MODULES if is_pure(module)}
    assert len(pure) > 300
    assert pure >= {"communicator.protocol.line_form", "communicator.router.mesh.topology", "communicator.errors"}
    assert pure.isdisjoint({"communicator.daemon.link", "timekeeper.service", "canary.ledger.store"})


def test_nothing_in_a_pure_package_says_that_it_is_shell():
    assert [str(module) for module in MODULES if is_pure(module) and docstring(module).startswith("SHELL")] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import time", ["time"]),
        ("import os.path", ["os.path"]),
        ("from asyncio import sleep", ["asyncio", "asyncio.sleep"]),
        ("from urllib import request", ["urllib.request"]),
        ("from concurrent.futures import Future", ["concurrent.futures", "concurrent.futures.Future"]),
        ("def f():\n    import socket", ["socket"]),
        ("import datetime\ndatetime.datetime.now()", ["now"]),
        ("import uuid\nuuid.uuid4()", ["uuid4"]),
        ("open('x')", ["open"]),
        ("from urllib.parse import quote\nimport json", []),
    ],
)
def test_the_check_finds_what_it_is_for(text, found):
    assert impurities(text) == found


def test_the_contract_finds_what_is_reached_through_others():
    graph = ImportGraph()
    graph.add_import(importer="core", imported="between")
    graph.add_import(importer="between", imported="socket")
    assert list(impure_chains(graph, ["core"], {"socket", "time"})) == [("core", "between", "socket")]
    assert list(impure_chains(graph, ["core"], {"time"})) == []
