"""A router core that is held to what it announces: it has something to do when its deadlines say so, and at no other time."""

from communicator.router import Router, RouterConfig
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.effects import Effect, SetFlag
from communicator.router.vocabulary.events import DeadlineReached, Event, Instant
from simulation.agenda import ViolationError


class Punctual(Router):
    """Fails at the first deadline that was not announced, and names the part whose it is."""

    def handle(self, event: Event, now: Instant) -> list[Effect]:
        early = [] if isinstance(event, DeadlineReached) else self._wake_early(now)
        effects = super().handle(event, now)
        self._compare()
        return early + effects

    def reconfigure(self, config: RouterConfig, now: Instant) -> list[Effect]:
        effects = super().reconfigure(config, now)
        self._compare()
        return effects

    def _wake_early(self, now: Instant) -> list[Effect]:
        """Wake it when it has not asked for it: then it has nothing to do, but to look at a flag in passing."""
        due_s = self.next_deadline()
        if due_s is not None and due_s <= now.monotonic_s:
            return []
        before = self._board.route_changes
        effects = super().handle(DeadlineReached(), now)
        done = [effect for effect in effects if not isinstance(effect, SetFlag)]
        if done or self._board.route_changes != before:
            what = done or "that makes routes void"
            raise ViolationError(f"next_deadline is {due_s}, and yet something is due at {now.monotonic_s}: {what}")
        return effects

    def _compare(self) -> None:
        announced = {each.name: each.at_s for each in self._board.deadlines._announced}
        earliest_s = self.next_deadline()
        for name, at_s in recompute(self._board).items():
            if name == "dials":
                announced[name] = at_s
            if announced[name] != at_s:
                raise ViolationError(f"{name}: the deadline is {at_s}, announced was {announced[name]}")
        if earliest_s != _earliest(announced.values()):
            raise ViolationError(f"next_deadline is {earliest_s} where these are announced: {announced}")


def recompute(board: Switchboard) -> dict[str, float | None]:
    """Every deadline that follows from something else, worked out from that."""
    mesh = board.mesh
    return {
        "cache": _earliest(at_s for at_s, _, _ in board.cache.waiting._plans),
        "contests of services": _earliest(contest.deadline_s for contest in board.contests._by_name.values()),
        "contests of servers": _earliest(contest.deadline_s for contest in mesh.contests._by_name.values()),
        "strangers": _earliest(mesh.strangers._until_s.values()),
        "acknowledgements": _earliest(at_s for at_s, _, _ in board.pending._plans),
        "clock": board.clock.word.expires_s,
        "dials": None if board.draining else mesh._book.next_due_s,
    }


def _earliest(times_s) -> float | None:
    return min((at_s for at_s in times_s if at_s is not None), default=None)
