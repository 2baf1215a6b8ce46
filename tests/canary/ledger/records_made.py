"""Records for the tests of the ledger: many, small, of several cells."""

from canary.ledger.database import transaction
from canary.records import CellKey, RunBegan

CELL = CellKey("alpha", "printer", "1.0", "b")


def runs(count: int, first: int = 0, cell: CellKey = CELL) -> list[RunBegan]:
    """Beginnings of runs, which are told apart by their identifiers."""
    return [RunBegan(run_id=f"run-{number}", **cell._asdict()) for number in range(first, first + count)]


def rewrite(ledger, *statements: str) -> None:
    """What somebody does to the database behind our back."""
    connection = ledger._database.connect()
    with transaction(connection):
        for statement in statements:
            connection.execute(statement)
    connection.close()
