"""What is asked of the ledger: the cell as it is now, and a verification for one at a time."""

import asyncio
import json

import pytest

from canary.book.book import Book
from canary.judge.apply import apply
from canary.judge.state import Cell, State
from canary.ledger.retention import Kept, shorten
from canary.ledger.store import Ledger
from canary.ledger_views import LedgerViews
from canary.mind import Mind
from canary.records import CellKey, RunBegan
from canary.rules import Rules
from canary.views import read_question
from communicator.client import Service
from communicator.protocol import Message
from tests.canary.test_mind import propose

CELL = CellKey("alpha", "billing", "2.0", "")


@pytest.fixture
def ledger(tmp_path):
    with Ledger.open(tmp_path / "canary.db") as ledger:
        yield ledger


@pytest.fixture
def mind(ledger):
    return Mind(ledger, State(), Rules(), ledger.now_s, lambda _entry: None, propose)


@pytest.fixture
def views(ledger, mind):
    return LedgerViews(ledger, mind, Book(), Service("cd:///nowhere.sock", "canary"))


async def ask(views, **parameters):
    message = await views.answer(read_question(Message("CANARY_GET_REPORT", parameters)))
    return json.loads(message.get("report"))


async def test_a_cell_is_explained_as_it_is_now(views, mind):
    mind.state.cells[CELL] = Cell(CELL, state="good", reason="ran for 700 s without a failure")
    view = await ask(views, view="explain", **CELL._asdict())
    assert (view["state"], view["reason"]) == ("good", "ran for 700 s without a failure")


async def test_who_asks_while_the_ledger_is_verified_gets_what_comes_of_that(views, mind, ledger, monkeypatch):
    await mind.take([RunBegan(server="alpha", run_id="r1", service="billing", version="2.0")])
    times = []

    def verify(verify=ledger.verify):
        times.append(1)
        return verify()

    monkeypatch.setattr(ledger, "verify", verify)
    first, second = await asyncio.gather(ask(views, view="verify"), ask(views, view="verify"))
    assert (first["ok"], first["entries"], first, times) == (True, 1, second, [1])
    await mind.take([RunBegan(server="alpha", run_id="r2", service="billing", version="2.0")])
    assert (await ask(views, view="verify"))["entries"] == 2


async def test_who_gives_up_waiting_ends_nobody_elses_verification(views, mind):
    await mind.take([RunBegan(server="alpha", run_id="r1", service="billing", version="2.0")])
    loop = asyncio.get_running_loop()
    first, second = (loop.create_task(ask(views, view="verify")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second)["ok"]


async def test_a_ledger_is_verified_while_it_is_shortened(views, mind, ledger):
    for number in range(4):
        await mind.take([RunBegan(server="alpha", run_id=f"r{number}", service="billing", version="2.0")])
    kept = Kept(span_s=0.0, entries=1)
    gone, found = await asyncio.gather(
        asyncio.to_thread(shorten, ledger, kept, apply, ledger.now_s() + 1), ask(views, view="verify")
    )
    assert (gone > 1, found["ok"]) == (True, True)
