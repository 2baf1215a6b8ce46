"""PURE: which runs the router has yet to tell of again, after it or we have started; it asks nobody."""

from collections.abc import Iterable

from canary.evidence.kinds import Kind, sort_kinds


class RollCall:
    """One call at a time: while one goes on, another one only adds its reason."""

    def __init__(self) -> None:
        self.kind = Kind.UNSEEN
        """Why it was called: what became of whoever does not answer."""
        self._since_s: float | None = None
        self._absent: dict[str, None] = {}

    def __contains__(self, run_id: object) -> bool:
        return run_id in self._absent

    def call(self, kind: Kind, run_ids: Iterable[str], now_s: float) -> bool:
        """Expect to hear of some runs again.

        Args:
            kind: Why.
            run_ids: All that went on until then.
            now_s: By the ledger's clock.

        Returns:
            Whether that is a new call with somebody to wait for.
        """
        if self._since_s is not None:
            self.kind = sort_kinds((self.kind, kind))[0]
            return False
        self._absent = dict.fromkeys(run_ids)
        if self._absent:
            self.kind, self._since_s = kind, now_s
        return bool(self._absent)

    def answer(self, run_id: str) -> None:
        """A run was told of again, or has ended."""
        self._absent.pop(run_id, None)

    def end(self, now_s: float) -> tuple[list[str], float]:
        """The time is over; returns who has not answered, and since when they may be gone."""
        absent, since_s = list(self._absent), now_s if self._since_s is None else self._since_s
        self._absent, self._since_s = {}, None
        return absent, since_s
