"""SHELL: deployments, where this canary leads: takes what people say of them, and moves them on; it touches no process."""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from typing import NamedTuple

import msgspec

from canary.deployment.machine import advance
from canary.deployment.sight import Around, Seen, instances_of, look
from canary.deployment.spec import Spec, require_sound
from canary.deployment.start import Ground, RefusedError, Word, begin, undoing
from canary.deployment.steering import WORDS, steer
from canary.deployment.view import describe
from canary.mind import Mind
from canary.outside import Outside
from canary.records import Deploying, DeploymentMoved, Entry
from canary.records.deployments import matches
from canary.replica import Replica
from communicator.answers import deployments as told
from communicator.answers.deployments import Readiness
from communicator.answers.reading import read_answer
from communicator.client import Service
from communicator.errors import RemoteProtocolError
from communicator.protocol import Message

PREFIX = "deploy-"
"""Of the commands about deployments."""
BEGINNING = frozenset(("start", "undo"))
"""The ones that begin a deployment."""
LOOK_S = 1.0
"""How often a deployment that is under way is looked at."""
SOON_S = 0.2
"""and not more often, however much happens on the hosts."""
COMMIT_S = 3.0
"""How long a command waits until a majority of the members holds what came of it: they answer within milliseconds."""
ASKED = 3
"""So many times hosts are asked what they run, where it is not what is known of them."""
POINT_S = 15.0
POINTS = 400
"""The evidence is noted so often, and so many times: the last hour and a half at least."""


class Deployments:
    """The deployments, as this host takes part in them.

    Args:
        service: The link to the router.
        mind: What is known.
        replica: The book, in which they are decided.
        outside: Metrics, and people who are told.
        now_s: The ledger's clock.
        wake: Has all this looked at again at once.
    """

    def __init__(
        self,
        service: Service,
        mind: Mind,
        replica: Replica,
        outside: Outside,
        now_s: Callable[[], float],
        wake: Callable[[], None],
    ) -> None:
        self._service = service
        self._mind = mind
        self._replica = replica
        self._outside = outside
        self._now_s = now_s
        self._wake = wake
        self._points: dict[str, _Points] = {}
        self._looked_at_s = -LOOK_S
        self._moved = asyncio.Condition()
        self._word = asyncio.Lock()
        """One command at a time: each is taken where the one before has led, for two from the same place overtake each other."""

    async def command(self, message: Message) -> Message:
        """CANARY_COMMAND about a deployment: only who leads takes it.

        Returns:
            CANARY_RESULT.
        """
        name = message.get("command")
        word = name.removeprefix(PREFIX)
        try:
            if word in BEGINNING:  # before it is its turn: hosts that hang must not keep an abort waiting
                await self._await_known(self._obey(word, message))
            async with self._word:
                moved = self._obey(word, message)
                await self._replica.propose([moved], self._mind.state.term)
                self._wake()
                is_in_force = await self._is_committed(moved)
        except (RefusedError, RemoteProtocolError) as error:
            return Message("CANARY_RESULT", {"command": name, "status": "refused", "message": str(error)})
        taken = told.DeploymentTaken(id=moved.id, number=moved.moves, phase=moved.phase, in_force=is_in_force)
        result = msgspec.json.encode(taken).decode()
        return Message("CANARY_RESULT", {"command": name, "status": "done", "result": result})

    def _obey(self, name: str, message: Message) -> DeploymentMoved:
        if not self._mind.leads:
            leader = self._leader
            raise RefusedError(
                f"{leader!r} leads: tell its canary" if leader else "nobody leads, so nothing is decided"
            )
        by = f"{message.get('actor_user') or 'unknown'}@{message.get('actor_server')}"
        word = Word(name, by, message.get("reason"), message.get("full") == "true")
        if name == "start":
            return self._begin(read_spec(message), word)
        deploying = self._find(message)
        if name == "undo":
            return self._begin(undoing(deploying, full=word.full), word)
        if name not in WORDS:
            raise RefusedError(f"{name!r} is none of start, undo, {', '.join(WORDS)}")
        return steer(deploying.at, word, self._look(deploying))

    async def _await_known(self, moved: DeploymentMoved) -> None:
        """Who has just begun to lead may not have heard what was put on a host meanwhile.

        A deployment that began from that would go back to it, and leave behind what is there.

        Raises:
            RefusedError: It is still not known.
        """
        missing: list[tuple[str, str]] = []
        for _ in range(ASKED):
            answers = await self._ask_hosts(moved)
            missing = self._unknown(moved.service, answers)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S), self._moved:
                    await self._moved.wait_for(lambda answers=answers: not self._unknown(moved.service, answers))  # type: ignore[misc]
                return
        server, version = missing[0]
        raise RefusedError(
            f"{moved.service} {version} runs on {server}, which is not known here yet: say it again in some seconds"
        )

    def _unknown(self, service: str, answers: Mapping[str, str]) -> list[tuple[str, str]]:
        """The servers, and the versions, of which nothing is known here."""
        instances = instances_of(self._mind.state, service)
        running = {server: {one.version for one in found if one.is_running} for server, found in instances.items()}
        return [(server, has) for server, has in answers.items() if has and has not in running.get(server, ())]

    async def _ask_hosts(self, moved: DeploymentMoved) -> dict[str, str]:
        """Which version each server in reach says that it has; who does not answer says nothing."""
        spec = msgspec.json.encode(moved.spec).decode()
        view = {"view": "deployment_check", "spec": spec, "cache": "no"}

        async def ask(server: str) -> tuple[str, str]:
            question = Message("CANARY_GET_REPORT", view, service="canary", server=server)
            reply = await self._service.request(question, "CANARY_CURRENT_REPORT", timeout_s=LOOK_S)
            return server, read_answer(reply.get("report"), Readiness).has

        reach = self._around(moved.id).reach - {self._mind.me}
        asked = [ask(one.server) for one in moved.servers if one.server in reach]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        return dict(each for each in answers if isinstance(each, tuple))

    @property
    def _leader(self) -> str:
        """Who leads; that this canary led in another life says nothing."""
        leader = self._mind.state.leader
        return "" if leader == self._mind.me and not self._mind.leads else leader

    def _find(self, message: Message) -> Deploying:
        name, service = message.get("deployment"), message.get("service")
        if not name and not service:
            raise RefusedError("which deployment? it needs the parameter deployment or service")
        for deploying in self._mind.state.deployments.values():
            if (not name or deploying.at.id == name) and service in ("", deploying.at.service):
                return deploying
        raise RefusedError(f"no deployment {name or f'of {service}'!r} is known")

    def refusal_of(self, spec: Spec) -> str:
        """Why a deployment would not begin now, where this canary leads; empty: it would, or another one has to say."""
        try:
            if self._mind.leads:
                self._begin(spec, Word("start", ""))
        except RefusedError as error:
            return str(error)
        return ""

    def _begin(self, spec: Spec, word: Word) -> DeploymentMoved:
        state, rules = self._mind.state, self._mind.rules
        held = [one for one in state.held if one.service == spec.service]
        comparison = state.comparisons.get(spec.service)
        cells = {} if comparison is None else comparison.cells.get(comparison.control or comparison.trial, {})
        found = [one for one in held if matches((spec.version, spec.build), one.version, one.build)]
        status = self._service.cluster_status
        heard = state.heard.keys() & frozenset(
            status.servers if status else ()
        )  # known by its facts before by its book
        ground = Ground(
            instances_of(state, spec.service),
            self._replica.members | heard,
            {server: cell.past_seconds + cell.at_risk_s(self._now_s()) for server, cell in cells.items()},
            rules.canary.hosts,
            state.releases[found[0]].reason if found else "",
        )
        return begin(spec, secrets.token_hex(4), word, ground, state.deployments.get(spec.service))

    async def _is_committed(self, moved: DeploymentMoved) -> bool:
        """Wait until it is in effect here."""

        def is_there() -> bool:
            known = self._mind.state.deployments.get(moved.service)
            if known is None or known.at.id != moved.id:
                return False
            return known.at.moves > moved.moves or known.at.gist == moved.gist  # the machine may have moved it as well

        try:
            async with asyncio.timeout(COMMIT_S), self._moved:
                await self._moved.wait_for(is_there)
        except TimeoutError:
            return False
        return True

    @property
    def next_deadline_s(self) -> float | None:
        """When `follow` is due; None: no deployment is under way."""
        is_active = any(not one.at.is_over for one in self._mind.state.deployments.values())
        return self._now_s() + LOOK_S if is_active else None

    def observe(self, entry: Entry) -> None:
        """An entry is in the ledger: who has decided it has people told."""
        record = entry.record
        if isinstance(record, DeploymentMoved) and record.leader == self._mind.me and not record.is_renewed:
            deploying = self._mind.state.deployments[record.service]
            self._outside.tell(record.spec.notify, describe(deploying, self._look(deploying), ()), self._mind.me)

    async def follow(self) -> None:
        """Where this canary leads, have each deployment move on."""
        async with self._moved:
            self._moved.notify_all()
        state = self._mind.state
        for deploying in state.deployments.values():
            self._outside.follow(deploying, leads=self._mind.leads)
        now_s = self._now_s()
        if not self._mind.leads or now_s < self._looked_at_s + SOON_S:
            return
        self._looked_at_s = now_s
        bodies: list[DeploymentMoved] = []
        for deploying in state.deployments.values():
            if self._replica.has_newer(deploying.at):
                continue  # else what somebody has said meanwhile would be overtaken
            moved = advance(deploying, self._look(deploying))
            bodies += [] if moved is None else [moved]
        if bodies:
            await self._replica.propose(bodies, state.term)
            self._wake()

    def _look(self, deploying: Deploying) -> Seen:
        seen = look(self._mind.state, self._mind.rules, deploying.at, self._around(deploying.at.id), self._now_s())
        points = self._points.setdefault(deploying.at.service, _Points("", deque(maxlen=POINTS)))
        if points.deployment != deploying.at.id:
            points = self._points[deploying.at.service] = _Points(deploying.at.id, deque(maxlen=POINTS))
        is_due = not points.noted or seen.now_s - points.noted[-1][0] >= POINT_S
        if is_due and seen.compared is not None and not deploying.at.is_over:
            points.noted.append((seen.now_s, deploying.at.step, seen.compared.log10_e))
        return seen

    def _around(self, deployment: str) -> Around:
        status = self._service.cluster_status
        members = self._replica.members
        live: AbstractSet[str] = frozenset() if status is None else frozenset(status.servers)
        return Around(
            members & (live | {self._mind.me}),
            members,
            self._replica.unacknowledged,
            self._outside.verdicts(deployment),
        )

    def describe(self) -> told.Deployments:
        """All deployments, as they are told."""
        state, now_s = self._mind.state, self._now_s()
        found = sorted(state.deployments.values(), key=lambda one: (one.at.is_over, -one.since_s))
        shown = []
        for deploying in found:
            seen = self._look(deploying)
            noted = self._points[deploying.at.service].noted
            points = [told.Point(now_s - at_s, step, log10) for at_s, step, log10 in noted]
            shown.append(describe(deploying, seen, points))
        return told.Deployments(server=self._mind.me, leader=self._leader, deployments=tuple(shown))


class _Points(NamedTuple):
    """The evidence of one deployment."""

    deployment: str
    noted: deque[tuple[float, int, float]]
    """When, at which step, and what it was."""


def read_spec(message: Message) -> Spec:
    """What is to be done, as a message says it.

    Raises:
        RefusedError: It makes no sense; the text names the key.
    """
    try:
        spec = msgspec.json.decode(message.get("spec"), type=Spec)
        require_sound(spec)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise RefusedError(f"parameter spec: {error}") from None
    return spec
