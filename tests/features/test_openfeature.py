"""What the SDK promises, through our provider: reasons, errors, hooks, context, events, sync and async; and what it may cost."""

import asyncio
import contextlib
import json
import subprocess
import sys
import threading

import pytest
from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEvent
from openfeature.exception import TypeMismatchError
from openfeature.flag_evaluation import FlagEvaluationOptions
from openfeature.hook import Hook
from openfeature.provider import ProviderStatus

from communicator.answers.features import Evaluations
from communicator.client import Service
from communicator.features import store as store_module
from communicator.features.copy_file import write_copy
from communicator.features.document import require_flag, switched_off
from communicator.openfeature import BellwetherProvider
from tests.conftest import EVENTUALLY_S
from tests.features.canary_stand_in import StandIn

FLAGS = {
    "truth": {"state": "ENABLED", "variants": {"yes": True, "no": False}, "defaultVariant": "yes"},
    "text": {"state": "ENABLED", "variants": {"a": "A", "b": "B"}, "defaultVariant": "a", "targeting": {
        "if": [{"==": [{"var": "who"}, "b"]}, "b"]}},
    "whole": {"state": "ENABLED", "variants": {"one": 1}, "defaultVariant": "one"},
    "part": {"state": "ENABLED", "variants": {"half": 0.5}, "defaultVariant": "half"},
    "thing": {"state": "ENABLED", "variants": {"full": {"list": [1]}}, "defaultVariant": "full"},
    "share": {"state": "ENABLED", "variants": {"a": "A", "b": "B"}, "targeting": {"fractional": [["a", 1], ["b", 1]]}},
    "dark": {"state": "DISABLED", "variants": {"yes": True}, "defaultVariant": "yes"},
    "broken": {"state": "ENABLED", "variants": {"yes": True}, "targeting": {"nonsense": []}},
}  # fmt: skip
VALUES = {
    "truth": ("boolean", False, True),
    "text": ("string", "d", "A"),
    "whole": ("integer", 7, 1),
    "part": ("float", 0.7, 0.5),
}
ALL = VALUES | {"thing": ("object", {}, {"list": [1]})}


@pytest.fixture
def client(sdk):
    return sdk(FLAGS)


@pytest.fixture
def asked(client):
    """Asks the SDK for details, by the sync and by the async call, which have to agree."""

    async def ask(kind, name, default, *context):
        told = getattr(client, f"get_{kind}_details")(name, default, *context)
        assert await getattr(client, f"get_{kind}_details_async")(name, default, *context) == told
        return told

    return ask


@pytest.mark.parametrize(("name", "case"), ALL.items())
async def test_each_type_gives_its_value_in_every_way(client, asked, name, case):
    kind, default, value = case
    told = await asked(kind, name, default)
    assert (told.value, told.reason, told.error_code) == (value, "DEFAULT" if name == "text" else "STATIC", None)
    assert getattr(client, f"get_{kind}_value")(name, default) == value
    assert await getattr(client, f"get_{kind}_value_async")(name, default) == value


@pytest.mark.parametrize("kind", ["boolean", "string", "integer", "float", "object"])
@pytest.mark.parametrize("name", ["truth", "text", "whole", "part", "thing", "nowhere", "broken"])
async def test_what_goes_wrong_gives_the_default_also_to_who_awaits(client, name, kind):
    defaults = {"boolean": False, "string": "d", "integer": 7, "float": 0.7, "object": {"d": 1}}
    is_fit = name in ALL and (ALL[name][0] == kind or (name, kind) == ("whole", "float"))
    expected = ALL[name][2] if is_fit else defaults[kind]
    assert getattr(client, f"get_{kind}_value")(name, defaults[kind]) == expected
    assert await getattr(client, f"get_{kind}_value_async")(name, defaults[kind]) == expected


ERRORS = {"nowhere": "FLAG_NOT_FOUND", "broken": "PARSE_ERROR", "text": "TYPE_MISMATCH"}


@pytest.mark.parametrize(("name", "code"), ERRORS.items())
async def test_an_error_has_a_code_and_a_reason(asked, name, code):
    told = await asked("boolean", name, True)  # noqa: FBT003 - the signature of the SDK
    assert (told.value, told.reason, told.error_code, told.variant) == (True, "ERROR", code, None)
    assert told.error_message


def test_the_provider_raises_what_is_wrong(client):
    with pytest.raises(TypeMismatchError):
        client.ours.resolve_integer_details("text", 7)


TYPE_TRAPS = {
    "true is no integer": ("integer", "truth", 7, (7, "TYPE_MISMATCH")),
    "true is no number": ("float", "truth", 0.7, (0.7, "TYPE_MISMATCH")),
    "an integer is a number": ("float", "whole", 0.7, (1.0, None)),
    "a number is no integer": ("integer", "part", 7, (7, "TYPE_MISMATCH")),
    "a default that is an integer is a number": ("float", "dark", 7, (7.0, None)),
}


@pytest.mark.parametrize(("kind", "name", "default", "expected"), TYPE_TRAPS.values(), ids=TYPE_TRAPS)
async def test_types_are_those_of_the_flag_where_the_sdk_is_not_exact(asked, kind, name, default, expected):
    told = await asked(kind, name, default)
    assert (repr(told.value), told.error_code) == (repr(expected[0]), expected[1])


async def test_a_disabled_flag_gives_the_default_and_says_so(asked):
    told = await asked("boolean", "dark", "mine")
    assert (told.value, told.reason, told.error_code) == ("mine", "ERROR", "TYPE_MISMATCH"), (
        "the SDK checks defaults too"
    )
    told = await asked("boolean", "dark", False)  # noqa: FBT003 - the signature of the SDK
    assert (told.value, told.reason, told.variant) == (False, "DISABLED", None)


async def test_without_a_targeting_key_a_share_is_nobodys(asked):
    told = await asked("string", "share", "d")
    assert (told.value, told.reason, told.error_code) == ("d", "DEFAULT", None)
    told = await asked("string", "share", "d", EvaluationContext("user-1"))
    assert (told.value in ("A", "B"), told.reason) == (True, "TARGETING_MATCH")


def test_what_a_caller_does_to_an_object_stays_with_him(client):
    client.get_object_value("thing", {})["list"].append(2)
    assert client.get_object_value("thing", {}) == {"list": [1]}


class Noting(Hook):
    """Writes down when it was called."""

    def __init__(self, name, notes, context=None) -> None:
        self.name, self.notes, self.context = name, notes, context

    def before(self, hook_context, hints):  # noqa: ARG002 - the signature of the SDK
        self.notes.append(f"before {self.name}")
        return self.context

    def after(self, hook_context, details, hints):  # noqa: ARG002 - as above
        self.notes.append(f"after {self.name} {details.reason}")

    def error(self, hook_context, exception, hints):  # noqa: ARG002 - as above
        self.notes.append(f"error {self.name} {exception.error_code}")

    def finally_after(self, hook_context, details, hints):  # noqa: ARG002 - as above
        self.notes.append(f"finally {self.name} {details.value}")


@pytest.mark.parametrize("ending", ["", "_async"])
async def test_hooks_run_in_the_order_of_the_sdk(client, ending):
    notes = []
    api.add_hooks([Noting("api", notes)])
    client.add_hooks([Noting("client", notes)])
    options = FlagEvaluationOptions(hooks=[Noting("call", notes)])

    async def ask(name):
        notes.clear()
        told = getattr(client, f"get_string_value{ending}")(name, "d", None, options)
        return await told if ending else told

    assert await ask("text") == "A"
    levels = ("api", "client", "call")
    assert notes == [
        *(f"before {level}" for level in levels),
        *(f"after {level} DEFAULT" for level in reversed(levels)),
        *(f"finally {level} A" for level in reversed(levels)),
    ]
    assert await ask("truth") == "d"
    assert notes == [
        *(f"before {level}" for level in levels),
        *(f"error {level} TYPE_MISMATCH" for level in reversed(levels)),
        *(f"finally {level} d" for level in reversed(levels)),
    ]


def test_the_context_is_merged_by_the_sdk(client):
    def who(call=None, hook=None):
        options = FlagEvaluationOptions(hooks=[Noting("call", [], hook)])
        return client.get_string_value("text", "d", call, options)

    b, other = EvaluationContext(attributes={"who": "b"}), EvaluationContext(attributes={"who": "c"})
    assert who() == "A"
    api.set_evaluation_context(b)
    assert who() == "B"
    client.context = other
    assert who() == "A"
    assert who(call=b) == "B"
    assert who(call=b, hook=other) == "A"


def test_evaluations_are_counted_without_a_hook(client):
    for name in ("text", "text", "nowhere", "dark"):
        client.get_string_value(name, "d")
    client.ours._store.is_stale = True
    client.get_string_value("text", "d")
    assert client.ours.get_provider_hooks() == []
    assert sorted(client.ours._store.counts.take().evaluations, key=lambda row: row.feature) == [
        Evaluations("dark", "", "DISABLED", 1),
        Evaluations("nowhere", "", "ERROR", 1),
        Evaluations("text", "a", "DEFAULT", 3),
    ]


STALE = {"text": "STALE", "dark": "DISABLED", "nowhere": "ERROR"}


@pytest.mark.parametrize(("name", "reason"), STALE.items())
async def test_while_the_canary_is_away_a_value_is_stale(client, asked, name, reason):
    client.ours._store.is_stale = True
    assert (await asked("string", name, "d")).reason == reason


def test_a_feature_that_is_off_says_so_with_its_off_variant(sdk, flag):
    client = sdk({"f": json.loads(switched_off(require_flag("f", flag(defaultVariant="on"))))})
    told = client.get_boolean_details("f", True)  # noqa: FBT003 - the signature of the SDK
    assert (told.value, told.variant, told.reason) == (False, "off", "DISABLED")
    assert told.flag_metadata["switched_off"] is True


class Events:
    """What a client heard, in the order of events; the SDK tells it in threads."""

    def __init__(self, client, loop) -> None:
        self._queue = asyncio.Queue()
        for event in ProviderEvent:
            client.add_handler(
                event, lambda told, event=event: loop.call_soon_threadsafe(self._queue.put_nowait, (event, told))
            )

    async def wait(self, event):
        """What comes with the next event of this kind."""
        async with asyncio.timeout(EVENTUALLY_S):
            while True:
                heard, told = await self._queue.get()
                if heard is event:
                    return told


@contextlib.asynccontextmanager
async def running(service):
    async with asyncio.TaskGroup() as group:
        group.create_task(service.run())
        try:
            yield
        finally:
            service.stop()


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(store_module, "START_S", 0.05)
    monkeypatch.setattr(store_module, "POLL_S", 0.05)


@pytest.mark.usefixtures("quick", "sdk")
async def test_events_and_status_follow_the_canary(router, definition, eventually):
    service = Service(router.unix, "billing")
    provider = BellwetherProvider(service)
    api.set_provider_and_wait(provider)
    client = api.get_client()
    events = Events(client, asyncio.get_running_loop())

    async def status():
        return client.get_provider_status()

    async def reason():
        return client.get_boolean_details("f", True).reason  # noqa: FBT003 - the signature of the SDK

    told = client.get_boolean_details("f", True)  # noqa: FBT003 - as above
    assert (told.value, told.error_code) == (True, "PROVIDER_NOT_READY")
    canary = StandIn()
    canary.put(f=definition(on=True))
    async with running(service):
        assert (await events.wait(ProviderEvent.PROVIDER_STALE)).message
        async with canary.serve(router.unix):
            changed = await events.wait(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED)
            assert (changed.provider_name, changed.flags_changed) == ("bellwether", ["f"])
            await eventually(status, lambda one: one is ProviderStatus.READY)
            assert client.get_boolean_details("f", False).reason == "STATIC"  # noqa: FBT003 - as above
            canary.put(f=definition(on=False))
            await canary.say_changed()
            assert (await events.wait(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED)).flags_changed == ["f"]
            assert client.get_boolean_value("f", True) is False  # noqa: FBT003 - as above
        await events.wait(ProviderEvent.PROVIDER_STALE)
        assert client.get_boolean_details("f", True).reason == "STALE"  # noqa: FBT003 - as above
        async with canary.serve(router.unix):
            await events.wait(ProviderEvent.PROVIDER_READY)  # this one, or the first: its thread may have been late
            await eventually(reason, lambda one: one == "STATIC")
            await eventually(status, lambda one: one is ProviderStatus.READY)


@pytest.mark.usefixtures("quick", "sdk")
async def test_a_service_starts_with_its_copy_though_nothing_is_reached(tmp_path, definition, eventually):
    path = tmp_path / "flags.json"
    write_copy(path, "n.1", {"f": definition(on=True).encode()})
    service = Service(f"cd://{tmp_path}/nowhere.sock", "billing")
    api.set_provider_and_wait(BellwetherProvider(service, path))
    client = api.get_client()

    async def status():
        return client.get_provider_status()

    def check():
        told = client.get_boolean_details("f", False)  # noqa: FBT003 - the signature of the SDK
        assert (told.value, told.reason, told.error_code) == (True, "STALE", None)
        told = client.get_boolean_details("g", False)  # noqa: FBT003 - as above
        assert (told.value, told.error_code) == (False, "FLAG_NOT_FOUND")

    check()
    async with running(service):
        await eventually(status, lambda one: one is ProviderStatus.STALE)
        check()


def test_it_has_no_threads_of_its_own(sdk, tmp_path):
    before = set(threading.enumerate())
    client = sdk(FLAGS, path=tmp_path / "flags.json")
    client.get_string_value("text", "d")
    assert set(threading.enumerate()) <= before, "those of other tests may have ended"


def loaded(code):
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; import sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_a_client_without_flags_loads_nothing_of_them():
    everything = "import communicator; [getattr(communicator, name) for name in communicator.__all__]"
    forbidden = (
        "openfeature",
        "communicator.features",
        "communicator.openfeature",
        "json_logic",
        "cbor2",
        "mmh3",
        "semver",
    )
    assert not [name for name in loaded(everything) if name.startswith(forbidden)]


def test_a_client_with_flags_loads_nothing_of_a_daemon():
    forbidden = ("structlog", "rich", "typer", "networkx", "communicator.daemon", "communicator.router", "requests")
    assert not [name for name in loaded("import communicator.openfeature") if name.startswith(forbidden)]


@pytest.mark.parametrize("module", ["document", "targeting", "counts", "staleness"])
def test_what_only_reads_definitions_loads_no_evaluator(module):
    assert not [name for name in loaded(f"import communicator.features.{module}") if name.startswith("openfeature")]
