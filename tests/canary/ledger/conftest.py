"""Files for a ledger, and the clocks of its host."""

import pytest

from canary.ledger.clock import Reading
from canary.ledger.store import Ledger


@pytest.fixture
def path(tmp_path):
    """Where there is no ledger yet."""
    return tmp_path / "canary.db"


class Clocks:
    """A host's clocks, moved by the test."""

    def __init__(self) -> None:
        self.boot_id = "first"
        self.monotonic_s = 1_000.0
        self.wall_s = 1_700_000_000.0

    def __call__(self) -> Reading:
        return Reading(self.boot_id, self.monotonic_s, self.wall_s)

    def pass_(self, span_s: float) -> None:
        self.monotonic_s += span_s
        self.wall_s += span_s


@pytest.fixture
def clocks():
    return Clocks()


@pytest.fixture
def open_ledger(clocks):
    """Opens ledgers and closes them at the end."""
    opened = []

    def open_(path, **options):
        opened.append(ledger := Ledger.open(path, clocks=clocks, **options))
        return ledger

    yield open_
    for ledger in opened:
        ledger.close()
