"""PURE: how far the orders of the book are on this host, for who asks; it obeys none of them."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from canary.book.book import Book
from canary.book.definition import Definition
from canary.book.entry import Entry
from canary.book.order import OVERRIDES
from canary.feature.audit import place_of
from canary.judge.state import State
from canary.ordered import is_told
from communicator.answers.orders import OrderStanding
from communicator.answers.releases import Override


class Obedience(NamedTuple):
    """What is known and obeyed."""

    book: Book
    obeyed_revision: int
    """Of the book: what it said then is what the router obeys."""
    state: State
    """What the ledger comes to."""
    me: str
    """This server."""
    told_revision: int = 0
    """Of the book: the services of this host were told what it said of feature flags then."""

    def standings(self, wanted: Iterable[str]) -> Iterator[OrderStanding]:
        """Of some orders, by identifier, those that are known."""
        for entry in self.book.find(wanted):
            if isinstance(entry, Entry):
                yield OrderStanding(entry.id, entry.place, self._is_in_force(entry.id, entry))
            elif isinstance(entry, Definition):
                yield OrderStanding(entry.id, place_of(entry), self._is_told(entry.id))

    def overrides(self, now_s: float) -> tuple[Override, ...]:
        """The overrides that are to be in force, the oldest first."""
        return tuple(
            Override(
                action=entry.order.kind,
                server=entry.order.server,
                service=entry.order.service,
                version=entry.order.version,
                build=entry.order.build,
                until_seconds=max(0.0, entry.ends_s - now_s),
                reason=entry.order.reason,
                by=entry.order.by,
                order=order_id,
                in_force=self._is_in_force(order_id, entry),
            )
            for order_id, entry in self.book.in_force(now_s)
            if entry.order.kind in OVERRIDES
        )

    def _is_in_force(self, order_id: str, entry: Entry) -> bool:
        """Overrides are the router's to obey, flags the services', and the others the judge's, who goes by the ledger."""
        if entry.order.kind == "off":
            return self._is_told(order_id)
        if entry.order.kind in OVERRIDES:
            return self.book.changed_in(order_id) <= self.obeyed_revision
        return is_told(order_id, entry, self.state, self.me)

    def _is_told(self, entry_id: str) -> bool:
        return self.book.changed_in(entry_id) <= self.told_revision
