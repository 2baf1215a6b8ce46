"""What is asked for the page: once for all who look, with a deadline, and one dead daemon takes only its own part away."""

import asyncio
import json

import pytest

from communicator.answers.router import Statistics
from communicator.errors import NotConnectedError
from communicator.flags.flag_file import write_flag
from exporters.page.gather import Gatherer
from tests.exporters.page.scenes import flag, silent, trouble, well

PARTS = ("router", "graph", "instances", "clocks", "history", "versions", "deployments", "shadows", "features", "flags")


class Clock:
    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s


async def test_everything_is_told(tmp_path):
    scene = trouble()
    (tmp_path / "a.flag").write_bytes(write_flag(flag(3)))
    (tmp_path / "b.flag").write_bytes(b"nothing")
    snapshot = await Gatherer(scene, tmp_path).snapshot()
    assert [getattr(snapshot, part).fault for part in PARTS] == [""] * len(PARTS)
    assert snapshot.server == "alpha"
    assert snapshot.cluster == scene.status
    assert [str(one.name) for one in snapshot.flags.value.flags] == ["timekeeper/clock/wrong"]
    assert [name for name, _ in snapshot.flags.value.unreadable] == ["b.flag"]


async def test_fifty_who_look_at_once_ask_once(tmp_path):
    scene = well()
    gatherer = Gatherer(scene, tmp_path, clock=Clock())
    snapshots = await asyncio.gather(*(gatherer.snapshot() for _ in range(50)))
    assert {id(one) for one in snapshots} == {id(snapshots[0])}
    assert len(scene.asked) == len(set(scene.asked)) == 10


async def test_it_is_asked_again_after_a_second(tmp_path):
    scene, clock = well(), Clock()
    gatherer = Gatherer(scene, tmp_path, clock=clock)
    first = await gatherer.snapshot()
    clock.now_s += 0.9
    assert await gatherer.snapshot() is first
    clock.now_s += 0.2
    assert await gatherer.snapshot() is not first
    assert scene.asked.count("CLOCK_GET_REPORT") == 2
    assert scene.asked.count("history") == 1, "a new point comes every five minutes"
    clock.now_s += 60
    await gatherer.snapshot()
    assert scene.asked.count("history") == 2


@pytest.mark.parametrize(("took_s", "good_s"), [(0.1, 1.0), (1.0, 3.0), (4.0, 5.0)])
async def test_what_took_long_stays_good_for_longer(tmp_path, took_s, good_s):
    scene, clock = well(), Clock()
    ask = scene.ask

    async def ask_slowly(question, parameters):
        if question.command == "CANARY_GET_REPORT" and "view" not in parameters:
            clock.now_s += took_s
        return await ask(question, parameters)

    scene.ask = ask_slowly
    gatherer = Gatherer(scene, tmp_path, clock=clock)
    first = await gatherer.snapshot()
    clock.now_s += good_s - 0.01
    assert await gatherer.snapshot() is first
    clock.now_s += 0.02
    assert await gatherer.snapshot() is not first


async def test_dead_daemons_take_only_their_own_parts_away(tmp_path):
    snapshot = await Gatherer(silent(), tmp_path / "missing").snapshot()
    nobody = "nobody of this name is registered with the router"
    assert snapshot.clocks.fault == snapshot.versions.fault == snapshot.history.fault == nobody
    assert "missing" in snapshot.flags.fault
    assert (snapshot.router.fault, snapshot.graph.fault, snapshot.instances.fault) == ("", "", "")
    assert isinstance(snapshot.router.value, Statistics)


async def test_who_never_answers_is_not_waited_for(tmp_path):
    scene = well()
    ask = scene.ask

    async def ask_the_deaf(question, parameters):
        if question.service == "timekeeper":
            await asyncio.Event().wait()
        return await ask(question, parameters)

    scene.ask = ask_the_deaf
    snapshot = await Gatherer(scene, tmp_path, deadline_s=0.5).snapshot()
    assert snapshot.clocks.fault == snapshot.history.fault == "no answer within 0.5 s"
    assert snapshot.versions.fault == ""


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ("nonsense", "what it answers cannot be read: JSON is malformed"),
        ('{"cells": 1}', "what it answers cannot be read: Expected"),
    ],
)
async def test_an_answer_that_is_none(tmp_path, answer, fault):
    scene = well()
    scene.answers["CANARY_GET_REPORT"] = answer
    assert (await Gatherer(scene, tmp_path).snapshot()).versions.fault.startswith(fault)


async def test_a_router_that_is_away_says_why(tmp_path):
    scene = well()

    async def refuse(*_):
        raise NotConnectedError("no link to the router")

    scene.ask = refuse
    assert (await Gatherer(scene, tmp_path).snapshot()).router.fault == "no link to the router"


async def test_a_long_report_is_put_together_from_its_pages(tmp_path):
    scene = well()
    whole = json.loads(scene.answers["CANARY_GET_REPORT"])
    ask = scene.ask
    offsets = []

    async def ask_by_pages(question, parameters):
        if question.command != "CANARY_GET_REPORT" or "view" in parameters:
            return await ask(question, parameters)
        offsets.append(int(parameters["offset"]))
        return json.dumps({**whole, "cells": whole["cells"][offsets[-1] : offsets[-1] + 4]})

    scene.ask = ask_by_pages
    snapshot = await Gatherer(scene, tmp_path).snapshot()
    assert offsets == [0, 4]
    assert len(snapshot.versions.value.cells) == len(whole["cells"]) == 6


async def test_a_report_that_never_ends_is_cut(tmp_path):
    scene = well()
    endless = json.dumps({**json.loads(scene.answers["CANARY_GET_REPORT"]), "total": 10**9})
    scene.answers["CANARY_GET_REPORT"] = endless
    await Gatherer(scene, tmp_path).snapshot()
    assert scene.asked.count("CANARY_GET_REPORT") == 40


async def test_why_a_version_is_where_it_is(tmp_path):
    scene = well()
    gatherer = Gatherer(scene, tmp_path)
    told = await gatherer.explanation({"server": "alpha", "service": "billing", "version": "2.0"})
    assert (told.fault, told.value.state) == ("", "blocked")
    del scene.answers["explain"]
    assert (await gatherer.explanation({})).value is None
