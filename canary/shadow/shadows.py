"""PURE: all comparisons of one host: who is compared with what, in slices that keep nobody waiting; it asks nobody."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import NamedTuple

from canary.records import ShadowCompared
from canary.shadow.comparing import Comparing, ShadowKey
from canary.shadow.conversations import Conversations, Room, Whole
from canary.shadow.pairs import pair_up
from canary.shadow.second_replies import Differing, Side, Sides, join
from canary.shadow.terms import Terms, Vocabulary
from communicator.answers.shadows import Comparison, Steps

SHADOWS = 16
"""Shadows that are compared at once. Further ones are not, as long as these are heard of: if each took the place of another, none
would ever be compared."""
SILENT_S = 120.0
"""A shadow that was not heard of for so long makes room for another one."""
OVER_S = 3_600.0
"""So long what was found of a shadow is told once nobody wants it any more: a person who hears of it can still look."""
REFERENCE_S = 120.0
"""So long after it was heard last, a reference is taken for one that will be heard again."""


class Standing(NamedTuple):
    """What the deployment, or an earlier life, says of one comparison."""

    terms: Terms
    vocabulary: Vocabulary
    hash_key: bytes
    before: ShadowCompared | None = None


class _Compared(NamedTuple):
    comparing: Comparing
    sides: Sides
    """What it has said, until the reference is heard."""


class _Reference:
    """The second instance of the primary's version, for all shadows of its service."""

    def __init__(self, room: Room) -> None:
        self.conversations = Conversations(room)
        self.sides = Sides()
        self.heard_s = 0.0


class Shadows:
    """All shadows of the services of this host.

    Args:
        standing: What is known of one when it is heard of first.
    """

    def __init__(self, standing: Callable[[ShadowKey], Standing]) -> None:
        self._standing = standing
        self._room = Room()
        self._shadows: OrderedDict[ShadowKey, _Compared] = OrderedDict()
        """The one that was heard of longest ago first."""
        self._heard_s: dict[ShadowKey, float] = {}
        self._over_since_s: dict[ShadowKey, float] = {}
        """Of those that nobody wants."""
        self._references: OrderedDict[str, _Reference] = OrderedDict()
        """By service."""

    def __contains__(self, key: object) -> bool:
        """Whether a shadow is compared."""
        return key in self._shadows

    def hear(self, told: Steps, now_s: float) -> None:
        """Take what the router tells of one shadow."""
        if told.is_reference:
            reference = self._references.setdefault(told.service, _Reference(self._room))
            self._references.move_to_end(told.service)
            reference.heard_s = now_s
            reference.conversations.hear(told.steps, now_s)
        else:
            key = ShadowKey(told.service, told.version, told.build, told.server, told.deployment)
            if key in self._shadows or self._has_room(now_s):
                self._hear(key, told, now_s)
        while len(self._references) > SHADOWS:
            self._references.popitem(last=False)[1].conversations.close()

    def _has_room(self, now_s: float) -> bool:
        """Whether one more can be compared; one that was silent for long is forgotten for it."""
        if len(self._shadows) < SHADOWS:
            return True
        oldest = next(iter(self._shadows))
        if now_s < self._heard_s[oldest] + SILENT_S:
            return False
        self._drop(oldest)
        return True

    def let_go(self, is_wanted: Callable[[ShadowKey], bool], now_s: float) -> None:
        """Forget the comparisons that have been over for long.

        Args:
            is_wanted: Whether a deployment still has a shadow compared.
            now_s: The clock.
        """
        for key in list(self._shadows):
            if is_wanted(key):
                self._over_since_s.pop(key, None)
            elif now_s >= self._over_since_s.setdefault(key, now_s) + OVER_S:
                self._drop(key)

    def _drop(self, key: ShadowKey) -> None:
        del self._heard_s[key]
        self._over_since_s.pop(key, None)
        self._shadows.pop(key).comparing.conversations.close()

    def _hear(self, key: ShadowKey, told: Steps, now_s: float) -> None:
        if key not in self._shadows:
            self._shadows[key] = self._begin(key)
        self._shadows.move_to_end(key)
        self._heard_s[key] = now_s
        self._shadows[key].comparing.conversations.hear(told.steps, now_s)

    def _begin(self, key: ShadowKey) -> _Compared:
        terms, vocabulary, hash_key, before = self._standing(key)
        return _Compared(Comparing(key, terms, vocabulary, hash_key, self._room, before), Sides())

    def work(self, now_s: float) -> Iterator[None]:
        """Compare what is over, one conversation at each step: whoever lets it go on decides how much of it there is.

        Args:
            now_s: The clock.
        """
        for service, reference in list(self._references.items()):
            for whole in reference.conversations.take_over(now_s):
                self._compare_reference(service, reference, whole, now_s)
                yield
        for compared in list(self._shadows.values()):
            for whole in compared.comparing.conversations.take_over(now_s):
                self._compare(compared, whole, now_s)
                yield

    @property
    def next_deadline_s(self) -> float | None:
        """When there is something to compare; None: not before something is heard."""
        streams = [one.comparing.conversations for one in self._shadows.values()]
        streams += [one.conversations for one in self._references.values()]
        return min((at_s for one in streams if (at_s := one.next_deadline_s) is not None), default=None)

    @property
    def comparings(self) -> list[Comparing]:
        """Of each shadow that is no reference."""
        return [one.comparing for one in self._shadows.values()]

    def describe(self, now_s: float, primary: str, version_of: Callable[[str], str]) -> Iterator[Comparison]:
        """What has come of all of them: each takes some milliseconds where much differs.

        Args:
            now_s: The clock.
            primary: This server.
            version_of: What is live on it, of a service.
        """
        for one in self.comparings:
            has_reference = self._has_reference(one.key.service, now_s)
            yield one.describe(now_s, primary, version_of(one.key.service), has_reference=has_reference)

    def _compare(self, compared: _Compared, whole: Whole, now_s: float) -> None:
        service = compared.comparing.key.service
        side = compared.comparing.compare(whole, now_s, has_reference=self._has_reference(service, now_s))
        reference = self._references.get(service)
        second = {} if reference is None else reference.sides.get(whole.id)
        if second:
            compared.comparing.hear_second(join(side, second))
        else:
            compared.sides.keep(whole.id, side, now_s)

    def _compare_reference(self, service: str, reference: _Reference, whole: Whole, now_s: float) -> None:
        paired = pair_up(whole)
        side: Side = {pair.which: Differing(pair.primary.command, frozenset(pair.found)) for pair in paired.pairs}
        reference.sides.keep(whole.id, side, now_s)
        for key, compared in self._shadows.items():
            if key.service == service:
                compared.comparing.hear_second(join(compared.sides.get(whole.id), side))

    def _has_reference(self, service: str, now_s: float) -> bool:
        reference = self._references.get(service)
        return reference is not None and now_s <= reference.heard_s + REFERENCE_S
