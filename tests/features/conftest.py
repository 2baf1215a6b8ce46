"""Definitions of flags that many tests of this folder vary, and a router."""

import copy
import json

import pytest

from communicator.features.document import require_flag
from communicator.testing import run_router

FLAG = {
    "state": "ENABLED",
    "variants": {"on": True, "off": False},
    "defaultVariant": "off",
    "metadata": {"owner": "web", "type": "release", "expires": "2026-12-31"},
}


@pytest.fixture
def flag():
    """Makes a sound definition with some keys replaced; None takes a key out. Metadata is merged."""

    def make(**keys):
        made = copy.deepcopy(FLAG)
        metadata = keys.pop("metadata", {})
        if isinstance(metadata, dict):
            made["metadata"] |= metadata
            made["metadata"] = {key: value for key, value in made["metadata"].items() if value is not None}
        else:
            made["metadata"] = metadata
        made |= keys
        return json.dumps({key: value for key, value in made.items() if value is not None})

    return make


@pytest.fixture
def definition(flag):
    """A sound definition that gives a value to everybody, as canonical JSON."""
    return lambda on: require_flag("f", flag(defaultVariant="on" if on else "off")).decode()


@pytest.fixture(scope="module")
def router():
    with run_router() as running:
        yield running
