"""A store on a real router, with a canary that is written down; tests/canary has the real one."""

import asyncio
import contextlib
import json
import logging
import threading

import pytest

from communicator.answers.features import Evaluations
from communicator.client import Service
from communicator.features import store as module
from communicator.features.copy_file import read_copy
from communicator.features.store import FlagStore
from communicator.protocol.message import Message
from communicator.testing import run_router
from tests.conftest import EVENTUALLY_S
from tests.features.canary_stand_in import StandIn


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Nobody has to wait, but for an answer, as long as a busy machine needs; and nothing is asked that was not to be."""
    for name, seconds in (
        ("START_S", 0.05),
        ("COUNTS_S", 0.02),
        ("KEEP_S", 0.0),
        ("LAST_WORD_S", EVENTUALLY_S),
        ("PATIENCE_S", EVENTUALLY_S),
        ("POLL_S", 3600.0),
    ):
        monkeypatch.setattr(module, name, seconds)


@contextlib.asynccontextmanager
async def running(service):
    async with asyncio.TaskGroup() as group:
        group.create_task(service.run())
        try:
            yield
        finally:
            service.stop()


class Looks:
    """What a store said after each of its looks."""

    def __init__(self, store) -> None:
        self.store = store
        self.changed = []
        self._looked = asyncio.Event()
        store.on_change(self._note)

    def _note(self, changed):
        self.changed += changed
        self._looked.set()

    async def until(self, condition):
        async with asyncio.timeout(EVENTUALLY_S):
            while not condition(self.store):
                self._looked.clear()
                await self._looked.wait()


def is_current(store):
    return not store.is_stale


def is_stale(store):
    return store.is_stale


@pytest.fixture
def held():
    """What a store evaluates a flag to."""
    return lambda store, name: json.loads(bytes(store.evaluator.evaluated(name, {}).value))


@pytest.fixture
async def pair(router):
    """A service with a store, and the canary that it follows."""
    service = Service(router.unix, "billing")
    store = FlagStore(service)
    canary = StandIn()
    looks = Looks(store)
    async with canary.serve(router.unix), running(service):
        yield store, canary, looks


async def test_flags_are_fetched_page_by_page(router, definition, held):
    canary = StandIn()
    canary.put(**{f"f{number}": definition(on=number % 2) for number in range(5)})
    service = Service(router.unix, "billing")
    store = FlagStore(service)
    looks = Looks(store)
    async with canary.serve(router.unix), running(service):
        await looks.until(is_current)
        assert (store.generation, sorted(looks.changed)) == ("n.5", ["f0", "f1", "f2", "f3", "f4"])
        assert [held(store, f"f{number}") for number in range(5)] == [False, True, False, True, False]
        assert canary.asked[:3] == [("", ""), ("", "f1"), ("", "f3")]


async def test_what_changes_is_fetched_alone_as_soon_as_the_canary_says_so(pair, definition, held):
    store, canary, looks = pair
    await looks.until(is_current)
    canary.put(a=definition(on=True), b=definition(on=True))
    await canary.say_changed()
    await looks.until(lambda _: store.generation == "n.2")
    canary.asked.clear()
    canary.put(a=definition(on=False))
    await canary.say_changed()
    await looks.until(lambda _: held(store, "a") is False)
    assert (set(canary.asked), looks.changed) == ({("n.2", "")}, ["a", "b", "a"])
    canary.put(b=None)
    await canary.say_changed()
    await looks.until(lambda _: store.evaluator.names == {"a"})


async def test_a_canary_that_began_anew_is_asked_for_all_and_what_it_lacks_is_gone(pair, definition):
    store, canary, looks = pair
    canary.put(a=definition(on=True), b=definition(on=True), c=definition(on=True))
    await canary.say_changed()
    await looks.until(lambda _: store.generation == "n.3")
    canary.nonce, canary.flags = "m", {}
    canary.put(b=definition(on=True), d=definition(on=True))
    await canary.say_changed()
    await looks.until(lambda _: store.generation == "m.5")
    assert store.evaluator.names == {"b", "d"}
    assert sorted(looks.changed[3:]) == ["a", "c", "d"]


async def test_a_canary_that_begins_anew_between_two_pages_is_asked_again(pair, definition):
    store, canary, looks = pair
    await looks.until(is_current)
    canary.put(a=definition(on=True), b=definition(on=True), c=definition(on=True))

    def begin_anew():
        canary.nonce = "m"
        return {}

    canary.spoil = begin_anew
    await canary.say_changed()
    await looks.until(lambda _: store.generation == "m.3" and not store.is_stale)
    assert store.evaluator.names == {"a", "b", "c"}


SPOILT = {
    "a late answer": {"serial": "1"},
    "an answer to nobody": {"serial": ""},
    "no page": {"flags": "[]"},
    "no JSON": {"flags": "{"},
    "a page of another release": {"flags": '{"generation": 5}'},
}


@pytest.mark.parametrize("answer", SPOILT.values(), ids=SPOILT)
async def test_an_answer_that_is_none_changes_nothing_and_is_asked_for_again(pair, definition, held, answer):
    store, canary, looks = pair
    await looks.until(is_current)
    canary.put(a=definition(on=True))
    canary.spoil = lambda: answer
    seen = []
    store.on_change(lambda _: seen.append(store.is_stale))
    await canary.say_changed()
    await looks.until(lambda _: store.generation == "n.1")
    assert True in seen
    assert (store.is_stale, held(store, "a")) == (False, True)


@pytest.mark.parametrize("sender", [("beta", "canary"), ("alpha", "mallory"), ("", "")])
async def test_only_the_canary_of_this_host_is_believed(pair, sender):
    store, _, looks = pair
    await looks.until(is_current)
    changed = {"generation": "n.9"}
    await store._heard(
        Message("FEATURE_FLAGS_CHANGED", changed, sent_from_server=sender[0], sent_from_service=sender[1])
    )
    assert not store._stirred.is_set()
    await store._heard(Message("FEATURE_FLAGS_CHANGED", changed, sent_from_server="alpha", sent_from_service="canary"))
    assert store._stirred.is_set()
    await looks.until(is_current)


async def test_a_canary_that_goes_makes_flags_stale_and_one_that_comes_makes_them_current(
    router, definition, held, monkeypatch
):
    monkeypatch.setattr(module, "POLL_S", 0.02)
    monkeypatch.setattr(module, "PATIENCE_S", 2.0)  # for a question that a canary is asked as it goes
    canary = StandIn()
    canary.put(a=definition(on=True))
    service = Service(router.unix, "billing")
    store = FlagStore(service)
    looks = Looks(store)
    async with running(service):
        await looks.until(is_stale)
        async with canary.serve(router.unix):
            await looks.until(is_current)
        await looks.until(is_stale)
        assert held(store, "a") is True
        canary.nonce = "m"
        canary.put(a=definition(on=False))
        async with canary.serve(router.unix):
            await looks.until(is_current)
        assert held(store, "a") is False


async def test_flags_are_stale_from_the_moment_the_link_is_lost(definition):
    async with run_router() as own:
        canary = StandIn()
        canary.put(a=definition(on=True))
        service = Service(own.unix, "billing")
        store = FlagStore(service)
        looks = Looks(store)
        async with canary.serve(own.unix), running(service):
            await looks.until(is_current)
            await asyncio.to_thread(own.stop)
            await looks.until(is_stale)
            await asyncio.to_thread(own.start)
            await looks.until(is_current)


async def test_evaluations_are_told_once_the_canary_is_there(router, eventually):
    canary = StandIn()
    service = Service(router.unix, "billing")
    store = FlagStore(service)

    async def told():
        return canary.told

    async with running(service):
        store.counts.add("f", "on", "STATIC")
        await Looks(store).until(is_stale)
        async with canary.serve(router.unix):
            await eventually(told, lambda rows: rows == [Evaluations("f", "on", "STATIC", 1)])


async def test_the_last_evaluations_are_told_when_the_service_stops(router, monkeypatch, eventually):
    monkeypatch.setattr(module, "COUNTS_S", 3600.0)
    canary = StandIn()
    service = Service(router.unix, "billing")
    store = FlagStore(service)
    looks = Looks(store)

    async def told():
        return canary.told

    async with canary.serve(router.unix):
        async with running(service):
            await looks.until(is_current)
            store.counts.add("f", "on", "STATIC")
        await eventually(told, lambda rows: rows == [Evaluations("f", "on", "STATIC", 1)])


async def test_a_copy_is_kept_and_counts_when_nobody_answers(router, definition, held, tmp_path, eventually):
    path = tmp_path / "billing" / "flags.json"
    canary = StandIn()
    canary.put(a=definition(on=True), b=definition(on=False))
    service = Service(router.unix, "billing")
    looks = Looks(FlagStore(service, path))

    async def kept():
        return read_copy(path)[0]

    async with canary.serve(router.unix), running(service):
        await looks.until(is_current)
        await eventually(kept, lambda generation: generation == "n.2")
        canary.put(b=definition(on=True))
        await canary.say_changed()
        await eventually(kept, lambda generation: generation == "n.3")
    service = Service(f"cd://{tmp_path}/nowhere.sock", "billing")
    store = FlagStore(service, path)
    assert (held(store, "a"), held(store, "b"), store.is_stale, store.generation) == (True, True, True, "n.3")
    looks = Looks(store)
    async with running(service):
        await looks.until(is_stale)
    assert (held(store, "a"), looks.changed) == (True, [])


async def test_what_changed_last_is_in_the_copy_when_the_service_stops(router, definition, held, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "KEEP_S", 3600.0)
    path = tmp_path / "flags.json"
    canary = StandIn()
    service = Service(router.unix, "billing")
    store = FlagStore(service, path)
    looks = Looks(store)
    async with canary.serve(router.unix), running(service):
        await looks.until(is_current)
        for on in (True, False):
            canary.put(a=definition(on=on))
            await canary.say_changed()
            await looks.until(lambda _, on=on: store.generation == canary.generation and held(store, "a") is on)
    assert read_copy(path)[0] == canary.generation
    assert json.loads(read_copy(path)[1]["a"])["defaultVariant"] == "off"


@pytest.fixture
def slow_disk(monkeypatch):
    """Each write of a copy begins where the first event is set, and ends once the second one is."""
    begun, go_on, write = threading.Event(), threading.Event(), module.write_copy

    def write_slowly(*copy):
        begun.set()
        assert go_on.wait(EVENTUALLY_S)
        write(*copy)

    monkeypatch.setattr(module, "write_copy", write_slowly)
    return begun, go_on


@pytest.mark.parametrize("changes", [0, 1])
async def test_a_write_that_goes_on_when_the_service_stops_is_waited_for(
    router, definition, tmp_path, slow_disk, changes
):
    begun, go_on = slow_disk
    path = tmp_path / "flags.json"
    canary = StandIn()
    canary.put(a=definition(on=True))
    service = Service(router.unix, "billing")
    store = FlagStore(service, path)
    looks = Looks(store)
    async with canary.serve(router.unix), running(service):
        await looks.until(is_current)
        assert await asyncio.to_thread(begun.wait, EVENTUALLY_S)
        for _ in range(changes):
            canary.put(a=definition(on=False))
            await canary.say_changed()
            await looks.until(lambda _: store.generation == canary.generation)
        asyncio.get_running_loop().call_later(0.05, go_on.set)
    assert read_copy(path)[0] == canary.generation


@pytest.mark.parametrize("text", ["{", "[]", '{"generation": "n.1", "flags": []}'])
async def test_a_copy_that_says_something_else_is_left_alone_and_named(router, tmp_path, caplog, text):
    path = tmp_path / "flags.json"
    path.write_text(text)
    store = FlagStore(Service(router.unix, "billing"), path)
    assert (store.generation, len(store.evaluator.names)) == ("", 0)
    assert "flags_copy_unreadable" in caplog.text
    assert path.read_text() == text


async def test_a_copy_that_cannot_be_written_costs_nothing_else(router, definition, held, tmp_path, caplog, eventually):
    (tmp_path / "flags.json").mkdir()
    canary = StandIn()
    canary.put(a=definition(on=True))
    service = Service(router.unix, "billing")
    store = FlagStore(service, tmp_path / "flags.json")
    looks = Looks(store)

    async def log():
        return caplog.text

    async with canary.serve(router.unix), running(service):
        await looks.until(is_current)
        await eventually(log, lambda text: "flags_copy_not_written" in text)
        assert held(store, "a") is True


async def test_what_is_logged_is_logged_once(router, caplog, monkeypatch):
    monkeypatch.setattr(module, "POLL_S", 0.01)
    caplog.set_level(logging.INFO)
    service = Service(router.unix, "billing")
    store = FlagStore(service)
    looks = Looks(store)
    number = []
    store.on_change(number.append)
    async with running(service):
        await looks.until(lambda _: len(number) >= 3)
        async with StandIn().serve(router.unix):
            await looks.until(is_current)
            begun = len(number)
            await looks.until(lambda _: len(number) >= begun + 3)
            told = [record.event for record in caplog.records if getattr(record, "event", "").startswith("flags_")]
            assert told == ["flags_stale", "flags_current"]
