"""SHELL: has the router of this host obey what follows for it; it judges nothing."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from structlog.typing import FilteringBoundLogger

from canary import ordered
from canary.book.book import Book
from canary.deployment import traffic
from canary.deployment.fence import Fence, Kept
from canary.judge.canary_hosts import apart, trials
from canary.judge.denylist import entries
from canary.judge.overrides import is_kept_back
from canary.leadership import SILENT_S
from canary.ledger.errors import LedgerError
from canary.mind import Mind
from canary.policy import Denial, Issue, PolicyKeeper, Wanted, merge, read_policy
from canary.records import CellKey
from communicator.client import Service
from communicator.errors import ClientError, MessageRefusedError, RemoteProtocolError
from communicator.protocol import Message
from communicator.protocol.values import parse_integer

RENEW_S = 3_600.0
"""How often a policy that does not change is set again, so that its lease does not end."""
REFUSED_S = 60.0
"""How long a policy is not set again that the router does not take, unless it only was not the newest."""


class Enforcement:
    """What is in force here.

    Args:
        service: The link to the router.
        mind: What is known.
        book: What operators have ordered.
        unit_of: The systemd unit in which an executor of this host has a version of a service run; empty: none.
        now_s: The ledger's clock.
        log: Where it is told what the router does not take.
    """

    def __init__(
        self,
        service: Service,
        mind: Mind,
        book: Book,
        unit_of: Callable[[str, str, str], str],
        now_s: Callable[[], float],
        log: FilteringBoundLogger,
    ) -> None:
        self.fence = Fence()
        """What the router keeps back, as it has told."""
        self.obeyed_revision = 0
        """Of the book: what it said then is what the router obeys."""
        self.obeyed_generation = ""
        """Of that book, as the router has acknowledged it; empty: none yet."""
        self._known_revision = -1
        """Of the book: the ledger knew all that was decided until then."""
        self._service = service
        self._mind = mind
        self._book = book
        self._unit_of = unit_of
        self._now_s = now_s
        self._log = log
        self._began_s = now_s()
        self._keeper = PolicyKeeper(mind.state.policy_number)
        self._is_set = False
        self._set_at_s: float | None = None
        self._has_known = False
        """Whether a policy was set that has all that is to be in one."""
        self._inherited: tuple[Denial, ...] = ()
        """What the router denied when it let us in, by the word of an earlier life of ours."""
        self._refused_until_s = 0.0
        self._wanted = Wanted()
        self._refusal = ""

    @property
    def generation(self) -> tuple[int, int]:
        """Of the policy that was set last."""
        return (self._keeper.term, self._keeper.number)

    @property
    def denials(self) -> tuple[Denial, ...]:
        """What is denied here."""
        return self._wanted.denials

    @property
    def age_s(self) -> float | None:
        """How long ago the router was told; None when it was not yet."""
        return None if self._set_at_s is None else self._now_s() - self._set_at_s

    async def meet_router(self) -> tuple[int, int]:
        """A router has let us in: learn what it obeys, and tell it anew, since it counts spans from when it started.

        Returns:
            The generation of what it obeys; (0, 0) when it does not say.
        """
        self._keeper.forget()
        self._is_set, self.fence = False, Fence()
        try:
            reply = await self._service.request(Message("POLICY_GET"), "POLICY_CURRENT")
            term, _, number = reply.get("generation").partition(",")
            known = parse_integer(term), parse_integer(number)
        except (ClientError, RemoteProtocolError) as error:
            self._log.warning("policy_unknown", reason=str(error))
            return (0, 0)
        self._keeper.learn(*known)
        if not self._has_known:
            self._inherit(reply)
        return known

    def _inherit(self, reply: Message) -> None:
        try:
            self._inherited = read_policy(reply.get("policy"), self._now_s())
        except ValueError as error:
            self._log.warning("policy_unknown", reason=str(error))

    async def follow(self, *, is_current: bool) -> None:
        """Bring the router to what is known now.

        Args:
            is_current: Whether our book is what the others hold.

        Raises:
            LedgerError: What is set could not be kept; it is set all the same, and the router tells its number to our next life.
        """
        now_s = self._now_s()
        if not self._mind.me or not self._service.connected:
            return
        knows = self._has_known or is_current or now_s - self._began_s >= SILENT_S
        if not knows and not self._book:
            return  # the router goes on with the last policy
        revision = self._book.revision
        self._wanted = self._make(now_s, () if knows else self._inherited)
        issue = self._keeper.propose(self._wanted, self._mind.state.term, now_s)
        self._is_set = self._is_set and issue is None
        fault = None if issue is None else await self._keep(issue)
        if not self._is_set or self._set_at_s is None or now_s - self._set_at_s >= RENEW_S:
            await self._set(now_s)
        if self._is_set:
            self.obeyed_revision, self._has_known = revision, self._has_known or knows
            self.obeyed_generation = self._wanted.orders
        if fault is not None:
            raise fault

    async def _keep(self, issue: Issue) -> LedgerError | None:
        try:
            await self._mind.take([issue.record])
        except LedgerError as error:
            return error
        return None

    def _make(self, now_s: float, inherited: Sequence[Denial]) -> Wanted:
        """Made of the book itself and not of what the ledger says of it: an order is obeyed also while nothing can be written."""
        state, me = replace(self._mind.state, overrides=ordered.overrides(self._book, now_s)), self._mind.me
        own = entries(state, me, now_s)

        def is_allowed(denial: Denial) -> bool:
            return is_kept_back(state, CellKey(me, denial.service, denial.version, denial.build), now_s)

        over = ordered.over(self._book) if inherited else set()
        others = [one for one in inherited if one.scope not in over]
        rules = self._mind.rules
        return Wanted(
            denials=merge(own.denials, others, me, is_allowed),
            weights=(*own.weights, *traffic.weights(state.deployments.values())),
            apart=apart(rules.canary),
            trials=trials(state, rules, me, now_s),
            colours=tuple(traffic.colours(state.deployments.values())),
            shadows=tuple(traffic.shadows(state.deployments.values(), state.shadowing, me, self._unit_of)),
            orders=self._generation(),
        )

    def _generation(self) -> str:
        """Of the book that all of this is made of: what was decided a moment ago, and is not in the ledger yet, is not in it."""
        if ordered.is_ahead(self._book, self._mind.state, self._known_revision):
            return self.obeyed_generation
        self._known_revision = self._book.revision
        return self._book.generation_of_rules()

    async def _set(self, now_s: float) -> None:
        if now_s < self._refused_until_s:
            return
        self.fence = self.fence.told(self._kept_back)
        try:
            reply = await self._service.request(Message("POLICY_SET", {"policy": self._keeper.text}), "POLICY_CURRENT")
        except MessageRefusedError as error:
            if error.reason != self._refusal:
                self._log.error("policy_refused", reason=error.reason)
            tried = self.generation
            is_newer = await self.meet_router() >= tried
            self._refusal, self._refused_until_s = error.reason, now_s + (0.0 if is_newer else REFUSED_S)
        except ClientError as error:
            self._log.warning("policy_not_set", reason=str(error))
        else:
            self._is_set, self._set_at_s, self._refusal = True, now_s, ""
            self.fence = Fence.heard(reply.get("policy"), self._mind.me)

    @property
    def _kept_back(self) -> frozenset[Kept]:
        return frozenset((one.service, one.version) for one in self._wanted.shadows if one.server == self._mind.me)
