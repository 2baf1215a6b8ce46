"""Messages that wait for their acknowledgement, and when each is to be repeated; it sends nothing."""

from communicator.router.cores.waiting import Waiter, Waiting
from communicator.router.vocabulary.envelope import Envelope

REPEAT_AFTER_S = 1.0
"""The first wait for an acknowledgement; each further one is twice as long, up to `REPEAT_AT_LEAST_EVERY_S`."""
REPEAT_AT_LEAST_EVERY_S = 10.0
GIVE_UP_AFTER_S = 60.0
"""As long as a message is cached by default; the window for copies is twice that."""


class Pending(Waiter):
    """A message that waits for its acknowledgement."""

    envelope: Envelope
    server: str
    """Whose router is to acknowledge it."""
    give_up_s: float
    wait_s: float = REPEAT_AFTER_S


class Acknowledgements(Waiting[str, Pending]):
    """What waits, by identifier."""

    repeated_total = 0

    def repeat(self, identity: str, pending: Pending, now_s: float) -> bool:
        """Plan the next time of a message whose time has come; False when it is to be given up."""
        if pending.give_up_s <= now_s:
            self.take(identity)
            return False
        self.repeated_total += 1
        pending.wait_s = min(REPEAT_AT_LEAST_EVERY_S, pending.wait_s * 2)
        self.plan(identity, min(now_s + pending.wait_s, pending.give_up_s))
        return True
