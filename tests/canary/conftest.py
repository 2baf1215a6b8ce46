"""A real router, and a canary with a real ledger on it, for all tests of the daemon."""

import pytest

from communicator.client import Client
from communicator.testing import run_router
from tests.canary.running import Desk, run_canary


@pytest.fixture
async def router():
    async with run_router() as running:
        yield running


@pytest.fixture
async def canary(router, tmp_path):
    async with run_canary(router, tmp_path) as running:
        yield running


@pytest.fixture
async def asker(router):
    async with Client(router.unix, "asker") as client:
        yield client


@pytest.fixture
def desk(asker):
    return Desk(asker)
