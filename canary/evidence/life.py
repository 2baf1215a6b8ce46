"""PURE: one run as far as it is known, and the facts about it; it does not know of other runs, nor when a fact is due."""

from dataclasses import dataclass, field
from typing import TypedDict

from canary.evidence.kinds import MEANINGS, Counts, Kind, refine_kind, sort_kinds
from canary.evidence.words import LIVE, ReportWord, RunStartedWord
from canary.records import GaveUp, Outcome, RunBegan, RunEnded, RunPassed

HEALTH_FAILS = 3
"""Failed checks in a row that are a failure."""
EXCUSE_S = 30.0
"""How long before its end a run may have named what it lacked."""
TEXT_CHARACTERS = 256
"""The longest text that is kept of a run."""
EXITED = frozenset((Kind.CRASH, Kind.EXIT, Kind.CONFIG_ERROR, Kind.GONE))
"""What is reported of a process that is no more."""
_FAILED = frozenset(
    (*(kind for kind, meaning in MEANINGS.items() if meaning.counts is Counts.FAILURE), Kind.DEP_UNAVAILABLE)
)
"""Ends after which whoever supervises a process starts the same again."""

_TELLING = (Counts.FAILURE, Counts.CENSORED, Counts.CLEAN)
_OUTCOMES: dict[Counts, Outcome] = {Counts.FAILURE: "failure", Counts.CLEAN: "clean"}


class _Named(TypedDict):
    """Which run each fact is about."""

    server: str
    run_id: str
    service: str
    version: str
    build: str
    role: str
    user: str
    by_owner: bool


@dataclass(slots=True)
class Life:
    """What is known of one run."""

    run_id: str
    service: str
    began_s: float
    version: str = ""
    build: str = ""
    role: str = LIVE
    pid: int | None = None
    config_hash: str = ""
    user: str = ""
    by_owner: bool = False
    is_nameless: bool = False
    """Whether nobody knows its version, since it has not registered yet, and maybe never will."""
    registered_s: float | None = None
    """None: the router has not told of it yet."""
    is_told: bool = False
    """Whether its beginning is a fact already,"""
    has_passed: bool = False
    """its success,"""
    is_over: bool = False
    """and its end."""
    has_exited: bool = False
    """Whether its process is known to be no more."""
    is_refused: bool = False
    """Whether the router did not let its process in."""
    was_given_up: bool = False
    ended_s: float | None = None
    """When its end was told first."""
    lost_s: float | None = None
    """When the router lost it."""
    kinds: set[Kind] = field(default_factory=set)
    """How it ended, in all words."""
    excuses: dict[Kind, float] = field(default_factory=dict)
    """What it lacked, and when that was told last."""
    failed_checks: int = 0
    """In a row."""
    exit_code: int | None = None
    signal: int | None = None
    detail: str = ""
    has_failed_before: bool = False
    """Whether somebody before us told that it had failed."""
    detail_of: Kind | None = None
    """Who says more takes the place of who says less."""

    @property
    def is_running(self) -> bool:
        """Whether the router has it, and nobody has told of an end."""
        return self.registered_s is not None and self.ended_s is None

    def is_of(self, pid: int | None) -> bool:
        """Whether it may be the one of a process; one that is not known may be any."""
        return pid == self.pid or None in (pid, self.pid)

    @property
    def cause(self) -> Kind | None:
        """The kind that says most of how it ended; None: it has not, as far as is known here."""
        return sort_kinds(self.kinds)[0] if self.kinds else None

    @property
    def is_nobodys(self) -> bool:
        """Whether its end counts for nobody: its configuration was wrong, of which no version is known that it would speak of."""
        return self.is_nameless and self.cause is Kind.CONFIG_ERROR

    @property
    def has_failed(self) -> bool:
        """Whether it has ended, and neither in good order nor because somebody wanted it: what is started next is the same."""
        return self.has_failed_before or self.cause in _FAILED

    def register(self, word: RunStartedWord, at_s: float) -> None:
        """The router has told of it: it knows best."""
        self.registered_s, self.is_nameless = at_s, False
        self.version, self.build = word.version, word.build
        self.role, self.config_hash = word.role, word.config_hash
        self.user, self.by_owner = word.user, word.by_owner
        self.pid = self.pid if word.pid is None else word.pid

    def learn(self, word: ReportWord, at_s: float) -> Kind | None:
        """Take a report.

        Args:
            word: About this run.
            at_s: When it came.

        Returns:
            The kind with which the run has ended by that, if it has.
        """
        kind = refine_kind(word.kind, word.exit_code, word.signal)
        self.has_exited |= kind in EXITED or _lacked_and_exited(kind, word)
        self._note_details(kind, word)
        if tells_end(kind, word):
            return kind
        if MEANINGS[kind].counts is Counts.CENSORED:
            self.excuses[kind] = at_s
            return None
        return kind if self._count(kind) else None

    def begin(self, server: str) -> RunBegan:
        """The fact that it has begun; to be told once."""
        self.is_told = True
        return RunBegan(**self._named(server), pid=self.pid, config_hash=self.config_hash)

    def succeed(self, server: str, at_s: float) -> RunPassed:
        """The fact that it has lasted; to be told once."""
        self.has_passed = True
        return RunPassed(**self._named(server), lasted_s=at_s - self.began_s)

    def conclude(self, server: str, host_kinds: set[Kind], at_s: float) -> RunEnded:
        """The fact that it is over; to be told once.

        Args:
            server: Where it ran.
            host_kinds: What happened to the whole server at that time: it excuses a failure.
            at_s: When it ended, if no word has told of it.
        """
        self.is_over = True
        self.ended_s = at_s if self.ended_s is None else self.ended_s
        kinds = sort_kinds(self.kinds | self._excuses_at(self.ended_s))
        if MEANINGS[kinds[0]].counts is Counts.FAILURE:
            kinds = sort_kinds([*kinds, *host_kinds])
        meaning = MEANINGS[kinds[0]]
        return RunEnded(
            **self._named(server),
            outcome=_OUTCOMES.get(meaning.counts, "censored"),
            cause=kinds[0],
            causes=tuple(kinds[1:]),
            lasted_s=self.ended_s - self.began_s,
            exit_code=self.exit_code,
            signal=self.signal,
            detail=self.detail,
            local_only=meaning.local_only,
        )

    def give_up(self) -> None:
        """It was the last one for now: that goes with its end."""
        self.was_given_up = True
        self.kinds.add(Kind.GAVE_UP)

    def abandon(self, server: str) -> GaveUp:
        """The fact that it was the last one for now, told after its end; to be told once."""
        self.was_given_up = True
        return GaveUp(**self._named(server))

    def recall(self, fact: RunPassed | RunEnded | GaveUp, at_s: float) -> None:
        """Take what was told of it by somebody before us."""
        match fact:
            case RunPassed():
                self.has_passed = True
            case GaveUp():
                self.was_given_up = True
            case RunEnded():
                self.is_over, self.ended_s = True, at_s
                self.was_given_up = Kind.GAVE_UP in fact.causes
                self.has_failed_before = fact.outcome == "failure" or fact.cause == Kind.DEP_UNAVAILABLE
                self.has_exited = (
                    (fact.cause in EXITED and fact.cause != Kind.GONE)
                    or fact.exit_code is not None
                    or fact.signal is not None
                )

    def _excuses_at(self, ended_s: float) -> set[Kind]:
        return {kind for kind, at_s in self.excuses.items() if ended_s - at_s <= EXCUSE_S}

    def _named(self, server: str) -> _Named:
        return {
            "server": server,
            "run_id": self.run_id,
            "service": self.service,
            "version": self.version,
            "build": self.build,
            "role": self.role,
            "user": self.user,
            "by_owner": self.by_owner,
        }

    def _note_details(self, kind: Kind, word: ReportWord) -> None:
        says_nothing = word.exit_code is None and word.signal is None and not word.message
        if says_nothing or MEANINGS[kind].counts not in _TELLING:
            return
        if self.detail_of is not None and sort_kinds((self.detail_of, kind))[0] is self.detail_of:
            return
        self.detail_of = kind
        self.exit_code, self.signal = word.exit_code, word.signal
        self.detail = word.message[:TEXT_CHARACTERS]

    def _count(self, kind: Kind) -> bool:
        """Whether a kind that is nothing by itself is now one too many."""
        if kind is Kind.HEALTH_OK:
            self.failed_checks = 0
        elif kind in (Kind.HEALTH_FAIL, Kind.SILENT):
            self.failed_checks += 1
            return kind is Kind.HEALTH_FAIL and self.failed_checks >= HEALTH_FAILS
        return False


def tells_end(kind: Kind, word: ReportWord) -> bool:
    """Whether one report means that its run is over; a service that lacks something goes on, unless its process has ended."""
    return MEANINGS[kind].ends_run or _lacked_and_exited(kind, word)


def _lacked_and_exited(kind: Kind, word: ReportWord) -> bool:
    return kind is Kind.DEP_UNAVAILABLE and not (word.exit_code is None and word.signal is None)


def guess_version(last: Life, refused: tuple[str, str] | None) -> tuple[str, str] | None:
    """Which version and build a process has that has not said so: after a failure the same is started again, else nobody knows.

    Args:
        last: The run of its service before it.
        refused: What was refused after that.
    """
    own = last.version, last.build
    return own if last.has_failed and not last.is_nameless and refused in (None, own) else None


def meet_life(run_id: str, word: ReportWord, at_s: float, known: tuple[str, str] | None, last: Life | None) -> Life:
    """A run that somebody tells of before its process has registered.

    Args:
        run_id: What it is called until the router has a name for it.
        word: About it.
        at_s: When it came.
        known: Its version and build; None where nobody knows them.
        last: The run of its service before it: what is started again after a failure is the same user's, too.
    """
    version, build = (text[:TEXT_CHARACTERS] for text in known or ("", ""))
    life = Life(run_id, word.service, at_s, version=version, build=build, pid=word.pid, is_nameless=known is None)
    if known is not None and last is not None and not word.version:
        life.user, life.by_owner = last.user, last.by_owner
    return life


def recall_life(fact: RunBegan, at_s: float) -> Life:
    """A run whose beginning was told by somebody before us.

    Args:
        fact: That it had begun.
        at_s: When that was told.
    """
    return Life(
        run_id=fact.run_id,
        service=fact.service,
        began_s=at_s,
        version=fact.version,
        build=fact.build,
        role=fact.role,
        pid=fact.pid,
        config_hash=fact.config_hash,
        user=fact.user,
        by_owner=fact.by_owner,
        registered_s=at_s,
        is_told=True,
    )
