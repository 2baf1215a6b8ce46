"""Definitions of flags that many tests of this folder vary, and a router."""

import copy
import json

import pytest
from openfeature import api
from openfeature.evaluation_context import EvaluationContext

from communicator.client import Service
from communicator.features.document import require_flag
from communicator.openfeature import BellwetherProvider
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


@pytest.fixture
def sdk():
    """Makes a client of the SDK on our provider, which holds flags as if the canary had just told them.

    What comes back has the provider as `ours`.
    """

    def make(flags, **options):
        provider = BellwetherProvider(Service("cd:///nowhere/communicatord.sock", "billing"), **options)
        store = provider._store
        store.evaluator.replace({name: json.dumps(flag).encode() for name, flag in flags.items()})
        store.generation, store.is_stale = "n.1", False
        api.set_provider_and_wait(provider)
        client = api.get_client()
        client.ours = provider
        return client

    yield make
    api.clear_providers()
    api.clear_hooks()
    api.set_evaluation_context(EvaluationContext())
