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
from communicator.errors import RemoteProtocolError
from communicator.protocol import Message

CELL = CellKey("alpha", "billing", "2.0", "")


@pytest.fixture
def ledger(tmp_path):
    with Ledger.open(f"sqlite:///{tmp_path}/canary.db") as ledger:
        yield ledger


@pytest.fixture
def mind(ledger):
    return Mind(ledger, State(), Rules(), ledger.now_s, lambda _entry: None)


@pytest.fixture
def views(ledger, mind):
    return LedgerViews(ledger, mind, Book())


async def ask(views, **parameters):
    message = await views.answer(read_question(Message("CANARY_GET_REPORT", parameters)))
    return json.loads(message.get("report"))


async def test_a_cell_is_explained_as_it_is_now(views, mind):
    mind.state.cells[CELL] = Cell(CELL, state="good", reason="ran for 700 s without a failure")
    view = await ask(views, view="explain", **CELL._asdict())
    assert (view["state"], view["reason"]) == ("good", "ran for 700 s without a failure")


async def test_a_ledger_is_verified_for_one_at_a_time(views, mind):
    await mind.take([RunBegan(server="alpha", run_id="r1", service="billing", version="2.0")])
    first = asyncio.get_running_loop().create_task(ask(views, view="verify"))
    await asyncio.sleep(0)
    with pytest.raises(RemoteProtocolError, match="being verified for somebody else"):
        await ask(views, view="verify")
    assert (await first)["ok"]
    assert (await ask(views, view="verify"))["state_matches"]


async def test_a_ledger_is_verified_when_it_has_been_shortened_and_not_meanwhile(views, mind, ledger):
    """What a snapshot already stands for could not be told apart from what was known when it was asked."""
    async with views.undisturbed:
        verifying = asyncio.get_running_loop().create_task(ask(views, view="verify"))
        for number in range(4):
            await mind.take([RunBegan(server="alpha", run_id=f"r{number}", service="billing", version="2.0")])
        gone = shorten(ledger, Kept(span_s=0.0, entries=1), apply, ledger.now_s() + 1)
        assert not verifying.done()
    assert gone > 1
    found = await verifying
    assert (found["ok"], found["state_matches"]) == (True, True)
