"""What the canary adds of its router to what it compares: all that others cannot ask for themselves."""

import asyncio

import msgspec
import pytest

from canary.mirroring import with_mirrors
from communicator.answers.router import Statistics
from communicator.answers.shadows import Comparisons
from communicator.client import Client
from communicator.testing import run_router
from tests.bellwether.conftest import ScriptedRouter, said
from tests.bellwether.shadow_sample import COMPARISON, FENCE, MIRROR
from tests.canary.running import Desk, run_canary

TOLD = Comparisons(server="alpha", comparisons=(COMPARISON,))


def statistics(text):
    return {"ROUTER_GET_STATS": [said("ROUTER_STATS", {"stats": text})]}


@pytest.mark.parametrize(
    ("script", "mirrors", "fences"),
    [
        (statistics(msgspec.json.encode(Statistics(mirrors=(MIRROR,), fences=(FENCE,))).decode()), (MIRROR,), (FENCE,)),
        (statistics("{}"), (), ()),
        (statistics("nonsense"), (), ()),
        ({}, (), ()),
    ],
    ids=["told", "earlier release", "unreadable", "refused"],
)
def test_what_the_router_does_stands_beside_what_is_compared(tmp_path, script, mirrors, fences):
    async def ask(address):
        async with Client(address, "canary") as client:
            return await with_mirrors(client, TOLD)

    with ScriptedRouter(tmp_path / "s", script) as router:
        told = asyncio.run(ask(router.address))
    assert (told.comparisons, told.mirrors, told.fences) == (TOLD.comparisons, mirrors, fences)


@pytest.mark.short
def test_a_canary_answers_about_shadows(tmp_path):
    async def ask():
        with run_router() as router:
            async with run_canary(router, tmp_path), Client(router.unix, "asker") as client:
                return await Desk(client).report(view="shadows")

    assert asyncio.run(ask()) == {"server": "alpha", "comparisons": [], "mirrors": [], "fences": []}
