"""What a large book takes: memory, and bytes on each link while all know the same."""

import tracemalloc

import msgspec
import pytest

from canary.book.book import ENTRIES, Book
from canary.book.exchange import Exchange
from canary.book.told import read_told
from tests.canary.book.orders_made import order

MEMORY_BYTES = 8 * 1024 * 1024
ROUND_BYTES = 16 * 1024
HOSTS = 200


@pytest.mark.slow
def test_a_full_book_takes_little_memory_and_a_round_little_of_a_link():
    texts = [
        msgspec.json.encode(
            {
                "what": "order",
                "order": order(number, reason=f"it loses invoices {number}", version=f"2.{number}"),
                "left_s": 9,
            }
        )
        for number in range(ENTRIES)
    ]
    tracemalloc.start()
    book = Book()
    for _number, text in enumerate(texts):
        book.merge(read_told(text, 0.0))
    used_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(book) == ENTRIES
    assert used_bytes <= MEMORY_BYTES
    members = [f"server-{number:03}" for number in range(HOSTS)]
    (message,) = Exchange("server-000", book, members, 0.0).announce(0.0)
    assert 2 * len(message.get("book")) <= ROUND_BYTES, "also if each byte needed an escape"
