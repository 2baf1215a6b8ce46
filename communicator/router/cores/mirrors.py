"""All shadows that get copies from this host, by service and key, and when something of that is due; it sends nothing."""

from collections.abc import Callable, Iterable, Iterator
from itertools import count, islice

from communicator.answers.policy import Shadow
from communicator.answers.shadows import Step
from communicator.errors import ProtocolError
from communicator.protocol.line_form import decode
from communicator.router.cores.deadlines import Deadline
from communicator.router.cores.mirror import Conversation, Mirror
from communicator.router.cores.sampling import Sampler
from communicator.router.vocabulary.copies import Both, Copied, Taken, Which, which
from communicator.router.vocabulary.registry import Link

MIRRORS = 32
"""Shadows that get copies from one host: as many as its canary compares, each with a reference. Each may have two queues full."""


class Mirrors:
    """What is copied on this host.

    Args:
        due: When something of it is due.
        server: The name of this router.
        secret: Of this life of it: whoever does not know it cannot tell which conversations are copied.
        first_ticket: Larger than any of an earlier life.
    """

    def __init__(self, due: Deadline, server: str, secret: bytes, first_ticket: int) -> None:
        self.due = due
        self.samplers: dict[tuple[str, str], Sampler] = {}
        """By service and key."""
        self.active: dict[Mirror, None] = {}
        """Of which something goes on or waits: nobody looks at all of a thousand because of one message."""
        self.tickets = count(first_ticket)
        """For copies: each has a larger one than the one before."""
        self._server = server
        self._secret = secret
        self._mirrors: dict[Which, Mirror] = {}
        self.is_stale = False
        """It may be another instance that is live, or another policy that is in force."""
        self.omitted = 0
        """Shadows beyond `MIRRORS`, which get no copies."""

    def __iter__(self) -> Iterator[Mirror]:
        """Each shadow that gets copies."""
        return iter(tuple(self._mirrors.values()))

    def __len__(self) -> int:
        """How many shadows get copies."""
        return len(self._mirrors)

    def changed(self) -> None:
        """Something has changed that says who gets copies of what: it is looked at in a moment."""
        self.is_stale = True
        self.due.set(0.0)

    def settle(self, wanted: Iterable[Shadow], live: Callable[[str], Link | None]) -> list[Mirror]:
        """Copy for these shadows and no others, from whoever is live now.

        Args:
            wanted: Entries of the policy that want copies from this host; of more than `MIRRORS` the first ones.
            live: The live instance of a service.

        Returns:
            Those that get no copies any more.
        """
        self.is_stale = False
        entries = {which(shadow): shadow for shadow in islice(wanted, MIRRORS)}
        ended = self._take_out(entries)
        for one, shadow in entries.items():
            if one not in self._mirrors:
                self._enter(one, shadow)
            self._mirrors[one].shadow = shadow
        for sampler in self.samplers.values():
            link = live(sampler.service) if sampler.mirrors else None
            if sampler.link is not link:
                sampler.clear()
                if sampler.link is not None:
                    sampler.link.copied = None
                sampler.link = link
        self.samplers = {key: sampler for key, sampler in self.samplers.items() if sampler.mirrors}
        self._attach()
        return ended

    def _attach(self) -> None:
        """Have links tell of what goes to them and what they say."""
        copied: dict[Link, Copied] = {}
        for sampler in self.samplers.values():
            if sampler.link is not None:
                other = copied.get(sampler.link)
                copied[sampler.link] = sampler if other is None else Both(other, sampler)
        for link, each in copied.items():
            link.copied = each

    def _take_out(self, entries: dict[Which, Shadow]) -> list[Mirror]:
        """Take those out that are not wanted any more, or by another key."""
        out = []
        for one, mirror in tuple(self._mirrors.items()):
            shadow = entries.get(one)
            if shadow is None or shadow.key != mirror.shadow.key:
                sampler = self.samplers[mirror.shadow.service, mirror.shadow.key]
                for follower in tuple(mirror.following.values()):
                    mirror.cut(follower.conversation, "withdrawn")
                    sampler.skip(follower.conversation)
                sampler.mirrors.remove(mirror)
                del self._mirrors[one]
                self.active.pop(mirror, None)
                mirror.is_withdrawn = True
                out.append(mirror)
        return out

    def _enter(self, one: Which, shadow: Shadow) -> None:
        place = shadow.service, shadow.key
        sampler = self.samplers.setdefault(place, Sampler(*place, self._server, self._secret))
        mirror = Mirror(shadow)
        sampler.mirrors.append(mirror)
        self._mirrors[one] = mirror

    def take(self, taken: Taken, now_s: float) -> bool:
        """There is word of copies; whether that is to be looked at: others may wait for the room that they leave."""
        mirror = self._mirrors.get(taken.shadow)
        if mirror is None:
            return False
        mirror.take(taken, now_s)
        return True

    def hear(self, shadow: Which, steps: Iterable[Step]) -> bool:
        """A shadow has said something; whether that is to be looked at: the comparator may have to be told.

        What belongs to no conversation that is known is for nobody; that it is late is counted where the comparator has that.
        """
        mirror = self._mirrors.get(shadow)
        if mirror is None:
            return False
        for step in steps:
            follower = mirror.following.get(step.conversation)
            if follower is None:
                if not step.cut and mirror.tell_late(step):
                    self.active[mirror] = None
            elif step.cut:
                mirror.cut(follower.conversation, step.cut)
            elif _is_of(follower.conversation, step, mirror.shadow.key):
                mirror.replied(follower, -1)
                mirror.tell(follower, step)
        return True

    def announce(self, now_s: float) -> None:
        """Say when something is due; that it is later than was said is said once that time has come."""
        is_ahead = self.due.is_ahead(now_s)
        # What samplers have to do is never earlier than what was said: a conversation that begins lasts as long as all others.
        due: list[float | None] = [] if is_ahead else [sampler.due_s for sampler in self.samplers.values()]
        for mirror in self.active:
            due += (mirror.retry_s, mirror.overdue_s, mirror.tell_s)
        earliest_s = 0.0 if self.is_stale else min((at_s for at_s in due if at_s is not None), default=None)
        if not is_ahead or (earliest_s is not None and earliest_s < (self.due.at_s or 0.0)):
            self.due.set(earliest_s)


def _is_of(conversation: Conversation, step: Step, parameter: str) -> bool:
    """Whether a reply that names no message says by its parameter that it belongs to a conversation; all others do."""
    if step.number >= 0 or not parameter:
        return True
    try:
        return decode(step.line.encode()).get(parameter).encode() == conversation.key
    except (UnicodeEncodeError, ProtocolError):
        return False
