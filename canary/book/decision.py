"""PURE: what a leader has decided about one subject, and whether most members hold it; how two accounts of it become one.

A decision is *proposed* when a leader has taken it, and *committed* once a majority of the members of the book holds it; only then
it takes effect. Of each subject the newest committed decision is in effect, and at most one newer one is proposed. Newer is what
has the larger stamp. So accounts are joined by taking the larger of each, in whichever order and however often.
"""

import hashlib
import math
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from canary.book.entry import TOMBSTONE_S
from canary.records import DeploymentMoved, OfLeader, ServerJudged, VersionCompared, VersionJudged
from canary.records.soundness import is_sound
from communicator.protocol.names import is_server_name

TERM_MAX = 2**53
"""At one change of the leader a second, longer than there were seconds."""
NUMBER_AHEAD = 10**6
"""How far the number of a decision may be ahead of all that are known of its leader and term: nobody decides so much."""
SAME_END_S = 60.0
"""Ends that differ by less are the same end to who proposes: the judge makes one anew each time it is asked."""
Name = Annotated[str, Meta(min_length=1, max_length=128)]
Body = VersionJudged | ServerJudged | VersionCompared | DeploymentMoved
"""What can be decided."""
_BODY_READER: msgspec.json.Decoder[Body] = msgspec.json.Decoder(Body)


def subject_id(body: OfLeader) -> str:
    """The identifier of what a decision is about in the book: a digest of it."""
    return hashlib.sha256(msgspec.json.encode(body.subject)).hexdigest()[:32]


def as_told(body: Body) -> Body:
    """A body as whoever is told of it reads it.

    A sum of nothing is 0, and is read as 0.0: both are equal, but the digests of books that hold them differ for ever.
    """
    return _BODY_READER.decode(msgspec.json.encode(body))


class Stamp(msgspec.Struct, frozen=True, order=True, array_like=True, gc=False):
    """Whose decision it is, and which one of many: the larger one is the newer one."""

    term: Annotated[int, Meta(ge=0, le=TERM_MAX)]
    leader: Name
    """The server of whom led then."""
    number: Annotated[int, Meta(ge=1, le=TERM_MAX)]
    """Of all decisions of that leader in that term."""


class Decision(msgspec.Struct, frozen=True, gc=False):
    """One decision, with times on the clock of this host."""

    stamp: Stamp
    body: Body
    at_s: float
    """When it was taken."""
    wall_s: float = 0.0
    """Since 1970, by the wall clock of who took it: for people only."""


class DecisionTold(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A decision as it is told to others, and kept in a file: hosts share no clock, so its times are spans from now."""

    stamp: Stamp
    body: Body
    """Without its end."""
    age_s: Annotated[float, Meta(ge=0, le=TOMBSTONE_S)]
    left_s: Annotated[float, Meta(ge=0, le=TOMBSTONE_S)] | None = None
    """Until what it says is over; None: it says no end."""
    wall_s: float = 0.0


class DecidedTold(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="decided", tag_field="what"):
    """A `Decided` as it is told to others, and kept in a file."""

    committed: DecisionTold | None = None
    proposed: DecisionTold | None = None


class Decided(msgspec.Struct, frozen=True, gc=False):
    """What is known of a subject here."""

    committed: Decision | None = None
    """What is in effect; None: nothing was until now."""
    proposed: Decision | None = None
    """What is to be in effect once a majority holds it; None: nothing new."""

    is_open: ClassVar[bool] = False
    """It is no order."""

    @property
    def newest(self) -> Decision:
        """What was decided last."""
        return next(each for each in (self.proposed, self.committed) if each is not None)

    @property
    def id(self) -> str:
        """Its identifier in the book: a digest of its subject."""
        return subject_id(self.newest.body)

    @property
    def ends_s(self) -> float:
        """When it is forgotten."""
        return self.newest.at_s + TOMBSTONE_S

    @property
    def spreads(self) -> object:
        """What is the same everywhere once it has spread: all of it but the times."""
        return [each and (each.stamp, _endless(each.body)) for each in (self.committed, self.proposed)]

    def says(self, body: Body) -> bool:
        """Whether it says so already, or will once a majority holds it.

        The judge is asked again and again, and comes to the same until that has taken effect. So what waits for a majority is not
        proposed anew because its numbers, or its end, have moved on.
        """
        newest = self.newest.body
        if newest.gist != body.gist:
            return False
        if self.proposed is not None or isinstance(body, VersionCompared | DeploymentMoved):
            return True
        moved_s = abs((newest.until_at_s or 0.0) - (body.until_at_s or 0.0))
        return _ending(newest, body.until_at_s) == body and moved_s < SAME_END_S

    def join(self, other: "Decided") -> "Decided":
        """What two accounts of the same subject come to."""
        committed = _newer(self.committed, other.committed)
        proposed = _newer(self.proposed, other.proposed)
        if committed is not None and proposed is not None and proposed.stamp <= committed.stamp:
            proposed = None
        return Decided(committed, proposed)

    def commit(self) -> "Decided":
        """A majority holds what was proposed."""
        return Decided(self.proposed or self.committed)

    def expire(self, _now_s: float) -> None:
        """It is forgotten, and leaves nothing behind."""

    def tell(self, now_s: float) -> DecidedTold:
        """It, as it is told now."""
        told = {
            name: None if each is None else _tell(each, now_s)
            for name, each in (("committed", self.committed), ("proposed", self.proposed))
        }
        return DecidedTold(**told)

    def aged(self, span_s: float) -> "Decided":
        """It, had it been told so much earlier."""
        return Decided(*(each and _earlier(each, span_s) for each in (self.committed, self.proposed)))


def read_decided(told: DecidedTold, now_s: float) -> Decided:
    """Read what somebody tells.

    Args:
        told: As it came, its types and lengths looked at.
        now_s: On the clock of this host.

    Raises:
        ValueError: It makes no sense; the text names what is wrong.
    """
    each = [_read(one, now_s) for one in (told.committed, told.proposed) if one is not None]
    if not each:
        raise ValueError("neither committed nor proposed")
    if len({one.body.subject for one in each}) > 1:
        raise ValueError("what is proposed is about another subject than what is committed")
    committed = each[0] if told.committed is not None else None
    return Decided(committed).join(Decided(None, each[-1] if told.proposed is not None else None))


def _read(told: DecisionTold, now_s: float) -> Decision:
    leader = told.stamp.leader
    if not is_server_name(leader):
        raise ValueError(f"leader {leader!r} is not a server name")
    if not is_sound(told.body):
        raise ValueError(f"the decision {told.stamp.number} of {leader!r} in term {told.stamp.term} makes no sense")
    ends_s = None if told.left_s is None else now_s + told.left_s
    return Decision(told.stamp, _ending(told.body, ends_s), now_s - told.age_s, told.wall_s)


def _tell(decision: Decision, now_s: float) -> DecisionTold:
    ends_s = decision.body.until_at_s
    return DecisionTold(
        stamp=decision.stamp,
        body=_endless(decision.body),
        age_s=min(max(0.0, now_s - decision.at_s), TOMBSTONE_S),
        left_s=None if ends_s is None else min(max(0.0, ends_s - now_s), TOMBSTONE_S),
        wall_s=decision.wall_s,
    )


def _newer(one: Decision | None, other: Decision | None) -> Decision | None:
    """The one with the larger stamp; of the same one told twice, the account of which less is left counts."""
    return max(one, other, key=_weight) if one is not None and other is not None else one or other


def _weight(decision: Decision) -> tuple[Stamp, bytes, float, float]:
    """Who tells two things under one stamp lies; any of them counts, but everywhere the same."""
    ends_s = decision.body.until_at_s
    body = msgspec.json.encode(_endless(decision.body))
    return decision.stamp, body, -math.inf if ends_s is None else -ends_s, -decision.at_s


def _earlier(decision: Decision, span_s: float) -> Decision:
    ends_s = decision.body.until_at_s
    body = _ending(decision.body, None if ends_s is None else ends_s - span_s)
    return msgspec.structs.replace(decision, body=body, at_s=decision.at_s - span_s)


def _endless(body: Body) -> Body:
    return _ending(body, None)


def _ending(body: Body, until_at_s: float | None) -> Body:
    return body if body.until_at_s == until_at_s else msgspec.structs.replace(body, until_at_s=until_at_s)
