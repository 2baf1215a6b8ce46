"""The source tree as the checks read it: its modules, and what each says of itself."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("communicator", "timekeeper", "canary", "exporters", "bellwether")
MODULES = sorted(path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
"""Paths from `ROOT`."""


@cache
def source(module):
    """The text of a module."""
    return (ROOT / module).read_text()


@cache
def docstring(module):
    """What a module says of itself; empty if it says nothing."""
    return ast.get_docstring(ast.parse(source(module))) or ""


def sub_packages(package):
    """The names of the packages right in a package.

    Args:
        package: The folder, from `ROOT`.
    """
    return {path.parent.name for path in (ROOT / package).glob("*/__init__.py")}


def is_pure(module):
    """Whether a module, or a package that it is in, says that it is PURE."""
    packages = [folder / "__init__.py" for folder in module.parents if folder.name]
    return any(docstring(place).startswith("PURE: ") for place in (module, *packages))


def dotted(module):
    """The name under which a module is imported."""
    return ".".join(module.with_suffix("").parts).removesuffix(".__init__")


def options_of(commands):
    """The long options of all commands of a group, by whose names their manual is to have them."""
    words = (word for command in commands.values() for parameter in command.params for word in parameter.opts)
    return {word for word in words if word.startswith("--")}
