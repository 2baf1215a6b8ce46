"""PURE: the book of one server's runs: words about them go in, facts for the ledger come out; it judges no version.

A run is at most one failure. What is told of its end within `merge_s` after the first such word is one end, and of several kinds
the one that says most counts (`canary.evidence.kinds`). What the order of words may change: a run that was told to be over is over,
whatever is told of it later than that.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import assert_never

from canary.evidence.alarms import Alarm, Alarms, Task
from canary.evidence.early import EarlyWords
from canary.evidence.kinds import ROUTER_KINDS, SERVER_KINDS, Kind, classify_reason, refine_kind
from canary.evidence.life import Life, guess_version, meet_life, recall_life, tells_end
from canary.evidence.lives import RUNS, RUNS_PER_SERVICE, Lives
from canary.evidence.losses import Losses
from canary.evidence.matching import find_last, find_reported, find_unregistered
from canary.evidence.refusals import Refusals
from canary.evidence.roll_call import RollCall
from canary.evidence.words import HostWord, ReportWord, RunEndedWord, RunStartedWord, Word, may_say
from canary.records import Fact, GaveUp, RunBegan, RunEnded, RunPassed, ServerBooted
from communicator.protocol.names import is_tool_name

PENDING = 1_000
"""Services that were given up and of which the last run may not be known yet."""


class EvidenceBook:
    """Make one when the router can be heard: runs that it does not tell of again within `merge_s` are over.

    Args:
        server: Whose runs these are.
        merge_s: How long the end of a run waits for a better word on it; and how far apart losses belong together.
        ok_after_s: A registered run that lasts so long is a success.
        now_s: The ledger's clock.
        told: The facts of this server that are in the ledger already, each with its time, the oldest first.
        is_known: Whether a user is known to run a service: of who is not, nothing is concluded about what runs next.
        limit: How many runs are kept in all.
        limit_per_service: How many of one service.
    """

    def __init__(  # noqa: PLR0913 - all by name; each is one number of the rules
        self,
        server: str,
        *,
        merge_s: float,
        ok_after_s: float,
        now_s: float = 0.0,
        told: Iterable[tuple[float, Fact]] = (),
        is_known: Callable[[str, str], bool] = lambda _service, _user: True,
        limit: int = RUNS,
        limit_per_service: int = RUNS_PER_SERVICE,
    ) -> None:
        self._server = server
        self._merge_s = merge_s
        self._is_known = is_known
        self._ok_after_s = ok_after_s
        self._now_s = now_s
        self._lives = Lives(limit, limit_per_service)
        self._alarms = Alarms()
        self._losses = Losses(merge_s)
        self._refusals = Refusals(merge_s)
        self._early = EarlyWords()
        self._given_up: dict[str, ReportWord] = {}
        """By service."""
        self._roll_call = RollCall()
        self._booted_s: float | None = None
        self._facts: list[Fact] = []
        self.refused = 0
        """Words that were not for whoever said them, or did not fit."""
        self.missed = 0
        """Runs that are over and whose beginning nobody told: we were away."""
        for at_s, fact in told:
            self._recall(at_s, fact)
        self._facts.clear()
        for life in self._lives.running():
            self._alarms.set((life.registered_s or 0.0) + ok_after_s, Task.PASS, life.run_id)
        self._call_roll(Kind.UNSEEN)

    @property
    def next_deadline_s(self) -> float | None:
        """When `advance` has something to do, if nothing is heard until then; None: never."""
        return self._alarms.next_s

    def hear(self, word: Word) -> list[Fact]:
        """Take a word.

        Args:
            word: About a run of this server, or about the server itself.

        Returns:
            The facts that follow, in their order; also those that were due before.
        """
        self._run_until(word.at_s)
        match word:
            case RunStartedWord():
                self._hear_start(word)
            case RunEndedWord():
                self._hear_end(word)
            case ReportWord():
                self._hear_report(word)
            case HostWord():
                self._hear_of_host(word)
            case _:
                assert_never(word)
        self._run_until(self._now_s)
        return self._take_facts()

    def advance(self, now_s: float) -> list[Fact]:
        """Let time pass.

        Args:
            now_s: The ledger's clock.

        Returns:
            The facts that follow.
        """
        self._run_until(now_s)
        return self._take_facts()

    def _take_facts(self) -> list[Fact]:
        facts, self._facts = self._facts, []
        return facts

    def _run_until(self, now_s: float) -> None:
        while (alarm := self._alarms.take(max(now_s, self._now_s))) is not None:
            self._now_s = max(self._now_s, alarm.due_s)
            self._see_to(alarm)
        self._now_s = max(self._now_s, now_s)

    def _see_to(self, alarm: Alarm) -> None:
        match alarm.task:
            case Task.PASS:
                self._pass(self._lives.find(alarm.key))
            case Task.CLOSE:
                self._close(self._lives.find(alarm.key))
            case Task.ABSENT:
                self._end_absent()
            case Task.EARLY:
                self._forget(self._early.take(alarm.key))
            case Task.GIVE_UP:
                self._give_up(self._given_up.pop(alarm.key, None))
            case _:
                assert_never(alarm.task)

    def _hear_start(self, word: RunStartedWord) -> None:
        if is_tool_name(word.service):
            return
        life = self._lives.find(word.run_id)
        if life is None:
            self._register(word)
        elif life.run_id in self._roll_call:
            self._roll_call.answer(life.run_id)
            self._pass(life)

    def _register(self, word: RunStartedWord) -> None:
        self._refusals.forget(word.service, word.pid)
        life = find_unregistered(self._lives, word)
        if life is None:
            life = Life(word.run_id, word.service, self._now_s, pid=word.pid)
            self._keep(life)
        else:
            self._lives.name(life, word.run_id)
        if not life.is_over:
            life.register(word, self._now_s)
            self._facts.append(life.begin(self._server))
            self._alarms.set(self._now_s + self._ok_after_s, Task.PASS, life.run_id)
            if life.ended_s is not None:  # the alarm of its end was set under the name that it had
                self._alarms.set(life.ended_s + self._merge_s, Task.CLOSE, life.run_id)
        for early in self._early.take(word.run_id):
            if isinstance(early, RunEndedWord):
                self._hear_end(early)
            else:
                self._hear_report(early)

    def _hear_end(self, word: RunEndedWord) -> None:
        kind = classify_reason(word.reason)
        if word.omitted and kind is not Kind.BLOCKED:
            return  # what the router told of the others of this service is enough to judge it
        if kind in SERVER_KINDS:
            self._losses.mark(kind, self._now_s)
        life = self._lives.find(word.run_id)
        if life is None:
            if kind is Kind.BLOCKED and word.service:
                self._note_refused(word)
            else:
                self._wait_for_start(word.run_id, word)
            return
        if kind is Kind.GONE and life.lost_s is None:
            life.lost_s = self._now_s
            self._losses.note_loss(life.service, self._now_s)
        self._end(life, kind)

    def _note_refused(self, word: RunEndedWord) -> None:
        """A process was not let in: that is no run, even if its end was told before. Of those summed up it may be any."""
        self._refusals.note(word.service, word.pid, word.version, word.build, self._now_s)
        for life in self._lives.unregistered(word.service, word.pid):
            life.is_refused = True
            self._end(life, Kind.BLOCKED)

    def _wait_for_start(self, run_id: str, word: RunEndedWord | ReportWord) -> None:
        is_first = run_id not in self._early
        if not self._early.keep(run_id, word):
            self._forget([word])
        elif is_first:
            self._alarms.set(self._now_s + self._merge_s, Task.EARLY, run_id)

    def _forget(self, words: Sequence[RunEndedWord | ReportWord]) -> None:
        """Words about a run whose beginning was not told in time."""
        self.missed += any(isinstance(word, RunEndedWord) and not is_tool_name(word.service) for word in words)

    def _hear_report(self, word: ReportWord) -> None:
        if is_tool_name(word.service):
            return
        kind = refine_kind(word.kind, word.exit_code, word.signal)
        if not may_say(word, kind):
            self.refused += 1
        elif kind is Kind.GAVE_UP:
            self._note_given_up(word)
        elif word.run_id is not None and self._lives.find(word.run_id) is None:
            self._wait_for_start(word.run_id, word)
        else:
            life = find_reported(self._lives, word, kind)
            if life is None and self._is_of_refused(word, kind):
                return
            self._apply(word, kind, life or self._meet(word, kind))

    def _is_of_refused(self, word: ReportWord, kind: Kind) -> bool:
        """Whether a word about no known run is about a process that was refused: then it means nothing."""
        if kind is Kind.RUN_START:
            self._refusals.forget(word.service, word.pid)
        return tells_end(kind, word) and self._refusals.cover(word.service, word.pid, self._now_s)

    def _apply(self, word: ReportWord, kind: Kind, life: Life | None) -> None:
        if life is None or life.service != word.service:
            self.refused += 1
            return
        ending = life.learn(word, self._now_s)
        if ending is not None:
            self._end(life, ending)
        elif kind is Kind.HEALTH_OK:
            self._pass(life)

    def _meet(self, word: ReportWord, kind: Kind) -> Life | None:
        """A run that the router has not told of: its process has not registered, and maybe never will."""
        is_known_by_it = kind not in ROUTER_KINDS and (kind is Kind.RUN_START or tells_end(kind, word))
        if word.source == "service" or not is_known_by_it:
            return None
        run_id = f"{self._server}-{word.service}-{word.pid or 0}-{self._now_s:.3f}"
        life = self._lives.find(run_id)
        if life is not None:
            return life
        last = find_last(self._lives, word.service, self._is_known)
        life = meet_life(run_id, word, self._now_s, self._version_of(word, last), last)
        self._keep(life)
        return life

    def _version_of(self, word: ReportWord, last: Life | None) -> tuple[str, str] | None:
        if word.version:
            return word.version, word.build
        if word.program_changed or last is None:
            return None
        refused = self._refusals.last(word.service, last.ended_s or 0.0)
        return guess_version(last, (refused.version, refused.build) if refused else None)

    def _keep(self, life: Life) -> None:
        """Keep a new run; one that has to make room for it is over, as far as anyone will know."""
        forgotten = self._lives.add(life)
        if forgotten is not None and forgotten.is_told and not forgotten.is_over:
            forgotten.kinds = forgotten.kinds or {Kind.UNSEEN}
            self._facts.append(forgotten.conclude(self._server, set(), self._now_s))

    def _end(self, life: Life, kind: Kind) -> None:
        if life.is_over:
            return
        life.kinds.add(kind)
        self._roll_call.answer(life.run_id)
        if life.ended_s is None:
            life.ended_s = self._now_s
            self._alarms.set(self._now_s + self._merge_s, Task.CLOSE, life.run_id)

    def _pass(self, life: Life | None) -> None:
        if (
            life is None
            or not life.is_running
            or life.has_passed
            or life.failed_checks
            or life.run_id in self._roll_call
        ):
            return
        if self._now_s >= (life.registered_s or 0.0) + self._ok_after_s:
            self._facts.append(life.succeed(self._server, self._now_s))

    def _close(self, life: Life | None) -> None:
        if life is None or life.ended_s is None or self._now_s < life.ended_s + self._merge_s:
            return  # the alarm was for a run of that name that had to make room
        if not life.is_told:
            if Kind.BLOCKED in life.kinds:
                self._forget_refused(life)
                return
            if life.is_nobodys:
                life.is_over = True
                return
            self._facts.append(life.begin(self._server))
        if self._is_last(life) and self._given_up.pop(life.service, None) is not None:
            life.give_up()
        host_kinds = self._losses.excuses(life.ended_s, life.lost_s, self._is_left_since)
        self._facts.append(life.conclude(self._server, host_kinds, self._now_s))

    def _forget_refused(self, life: Life) -> None:
        """It was not let in: no run at all, whatever its process does next."""
        self._lives.forget(life)
        if not life.is_refused:  # by the word of the router; a supervisor may say so too
            self._refusals.note(life.service, life.pid, life.version, life.build, life.ended_s or self._now_s)
        if life.has_exited:
            self._refusals.forget(life.service, life.pid)

    def _is_last(self, life: Life) -> bool:
        """Whether nothing of its service was tried after it."""
        is_newest = life is self._lives.newest(life.service)
        return is_newest and self._refusals.last(life.service, life.ended_s or 0.0) is None

    def _is_left_since(self, at_s: float) -> bool:
        return any(life.registered_s is not None and life.registered_s < at_s for life in self._lives.running())

    def _note_given_up(self, word: ReportWord) -> None:
        """It joins the end of the last run, which may not be known yet."""
        if word.service not in self._given_up and len(self._given_up) >= PENDING:
            self.refused += 1
        elif self._given_up.setdefault(word.service, word) is word:
            self._alarms.set(self._now_s + self._merge_s, Task.GIVE_UP, word.service)

    def _give_up(self, word: ReportWord | None) -> None:
        """Pass it on by itself, once for each last run; a service that runs was started again."""
        if word is None:
            return
        life = self._lives.newest(word.service)
        if self._refusals.last(word.service, life.ended_s or 0.0 if life else 0.0):
            return  # no run was the last
        if life is None:
            life = Life("", word.service, self._now_s, version=word.version, build=word.build)
            self._facts.append(life.abandon(self._server))
        elif life.ended_s is not None and not life.is_over:
            life.give_up()
        elif life.is_over and not (life.was_given_up or life.is_nobodys):
            self._facts.append(life.abandon(self._server))

    def _hear_of_host(self, word: HostWord) -> None:
        if word.kind not in SERVER_KINDS:
            self.refused += 1
            return
        happened_s = self._now_s - word.ago_s
        if word.kind is Kind.REBOOT:
            if self._booted_s is not None and happened_s - self._booted_s <= self._merge_s:
                return
            self._booted_s = happened_s
            self._facts.append(ServerBooted(server=self._server, ago_s=word.ago_s))
        self._losses.mark(word.kind, happened_s)
        if word.kind is not Kind.PARTITION:
            self._call_roll(word.kind)

    def _call_roll(self, kind: Kind) -> None:
        """From here on the router tells again of all runs that it has; while it does, there is no second call."""
        if self._roll_call.call(kind, (life.run_id for life in self._lives.running()), self._now_s):
            self._alarms.set(self._now_s + self._merge_s, Task.ABSENT)

    def _end_absent(self) -> None:
        absent, since_s = self._roll_call.end(self._now_s)
        for life in filter(None, map(self._lives.find, absent)):
            life.kinds.add(self._roll_call.kind)
            self._facts.append(life.conclude(self._server, set(), since_s))

    def _recall(self, at_s: float, fact: Fact) -> None:
        """Take a fact that is in the ledger already."""
        if fact.server != self._server:
            return
        match fact:
            case RunBegan():
                self._keep(recall_life(fact, at_s))
            case ServerBooted():
                self._booted_s = at_s - fact.ago_s
            case RunPassed() | RunEnded() | GaveUp():
                life = self._lives.find(fact.run_id)
                if life is not None:
                    life.recall(fact, at_s)
            case _:
                pass
