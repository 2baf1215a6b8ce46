"""What a running interpreter loads: a service gets the library alone, and each package can be imported alone."""

import subprocess
import sys

import pytest

LIBRARY = frozenset({"communicator", "msgspec", "typing_extensions", "sitecustomize"})
"""What a service may find in its process; msgspec takes typing_extensions when it is there."""
NOT_THE_LIBRARY = ("communicator.router", "communicator.daemon", "communicator.runtime", "communicator.testing")


def loaded_by(statement):
    """The modules that a fresh interpreter has loaded after a statement, less those it starts with."""
    script = f"import sys; before = set(sys.modules); {statement}; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30)
    return set(done.stdout.split())


def roots(names):
    return {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names)


@pytest.mark.parametrize(
    "statement",
    ["import communicator", "import communicator.client", "from communicator import *"],
)
def test_a_service_gets_the_library_alone(statement):
    loaded = loaded_by(statement)
    assert roots(loaded) - LIBRARY == set()
    assert [name for name in loaded if name.startswith(NOT_THE_LIBRARY)] == []


@pytest.mark.parametrize("package", ["communicator", "timekeeper", "canary", "exporters", "bellwether"])
def test_each_package_can_be_imported_alone(package):
    assert package in loaded_by(f"import {package}")
