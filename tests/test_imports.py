"""Which module may import what: the arrows of the design, checked on the source and on a running interpreter."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("communicator", "timekeeper", "canary", "exporters", "bellwether")
PURE_PACKAGES = ("communicator/protocol", "communicator/router")
PURE_MODULES = ("communicator/errors.py",)
"""Besides every module whose docstring starts with PURE."""

PURITY = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]
IO_MODULES = frozenset(PURITY["forbidden_modules"])
IO_SUBMODULES = frozenset({"urllib.request", "http.client", "http.server", "concurrent.futures"})
CLOCKS_AND_DICE = frozenset({"now", "utcnow", "today", "uuid1", "uuid4", "open", "print", "input"})
"""Calls that reach the world without one of those modules: a clock, a random number, a file, the terminal."""


def modules():
    return sorted(path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def docstring(path):
    return ast.get_docstring(ast.parse((ROOT / path).read_text())) or ""


def is_pure(path):
    name = path.as_posix()
    return name in PURE_MODULES or name.startswith(PURE_PACKAGES) or docstring(path).startswith("PURE")


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


def impurities(source):
    tree = ast.parse(source)
    used = {name for name in imports(tree) if name.partition(".")[0] in IO_MODULES or name in IO_SUBMODULES}
    return sorted(used | (set(calls(tree)) & CLOCKS_AND_DICE))


@pytest.mark.parametrize("path", [path for path in modules() if is_pure(path)], ids=str)
def test_a_pure_module_reaches_nothing_outside(path):
    assert impurities((ROOT / path).read_text()) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import time", ["time"]),
        ("import os.path", ["os.path"]),
        ("from asyncio import sleep", ["asyncio", "asyncio.sleep"]),
        ("from urllib import request", ["urllib.request"]),
        ("def f():\n    import socket", ["socket"]),
        ("import datetime\ndatetime.datetime.now()", ["now"]),
        ("import uuid\nuuid.uuid4()", ["uuid4"]),
        ("open('x')", ["open"]),
        ("from urllib.parse import quote\nimport json", []),
    ],
)
def test_the_check_finds_what_it_is_for(source, found):
    assert impurities(source) == found


def test_what_is_named_pure_is_there():
    for name in (*PURE_PACKAGES, *PURE_MODULES):
        assert (ROOT / name).exists(), name


def test_the_contract_names_each_pure_part_of_the_client():
    client = [path for path in modules() if path.parts[:2] == ("communicator", "client") and is_pure(path)]
    named = {name for name in PURITY["source_modules"] if name.startswith("communicator.client.")}
    assert named == {path.with_suffix("").as_posix().replace("/", ".") for path in client}


def test_the_import_contracts_hold():
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert done.returncode == 0, done.stdout


def loaded_by(statement):
    """The modules that a fresh interpreter has loaded after a statement, less those it starts with."""
    script = f"import sys; before = set(sys.modules); {statement}; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30)
    return set(done.stdout.split())


def roots(names):
    return {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names)


LIBRARY = frozenset({"communicator", "msgspec", "typing_extensions", "sitecustomize"})
"""What a service may find in its process; msgspec takes typing_extensions when it is there."""
NOT_THE_LIBRARY = ("communicator.router", "communicator.daemon", "communicator.runtime", "communicator.testing")


@pytest.mark.parametrize(
    "statement",
    ["import communicator", "import communicator.client", "from communicator import *"],
)
def test_a_service_gets_the_library_alone(statement):
    loaded = loaded_by(statement)
    assert roots(loaded) - LIBRARY == set()
    assert [name for name in loaded if name.startswith(NOT_THE_LIBRARY)] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_can_be_imported_alone(package):
    assert package in loaded_by(f"import {package}")


@pytest.mark.parametrize("path", [path for path in modules() if path.name != "__main__.py"], ids=str)
def test_every_module_can_be_imported(path):
    name = path.with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
    __import__(name)
