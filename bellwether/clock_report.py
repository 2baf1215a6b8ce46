"""PURE: what a timekeeper tells of the clocks, as values; it asks nobody, and judges nothing itself."""

from typing import Any

import msgspec

from bellwether.failure import CommandError
from bellwether.screen_line import printable
from communicator.protocol.message import Message


class Claim(msgspec.Struct, frozen=True):
    """A host's word about its own clock; None is not known."""

    state: str = "unknown"
    """``synchronized``, ``holdover``, ``unsynchronized`` or ``unknown``."""
    offset_seconds: float | None = None
    """Positive: ahead of what its daemon holds for true time."""
    bound_seconds: float | None = None
    """Off by no more than this, the offset included."""
    daemon: str = ""
    upstreams: tuple[str, ...] = ()
    stratum: int | None = None
    leap: str = ""
    smear: bool | None = None
    age_seconds: float | None = None
    """Since the clock was last updated."""
    reasons: tuple[str, ...] = ()


class Pair(msgspec.Struct, frozen=True):
    """One clock compared with another by one host."""

    from_: str = msgspec.field(default="", name="from")
    """Who measured."""
    to: str = ""
    peer: str = ""
    """The same as `to`, in the words of CLOCK_REPORT, where the host that tells it measured."""
    offset_seconds: float | None = None
    """The clock of `to` minus that of `from`; None: not known, such as when it does not answer."""
    bound_seconds: float | None = None
    rtt_seconds: float | None = None
    age_seconds: float | None = None
    via: str = ""
    """``probe`` or ``router``."""
    drift_ppm: float | None = None


class Host(msgspec.Struct, frozen=True):
    """What was found out about one clock."""

    host: str = ""
    offset_seconds: float | None = None
    """Positive: ahead of the reference, which is what the majority agrees on."""
    bound_seconds: float | None = None
    verdict: str = "unknown"
    """``ok``, ``suspect``, ``wrong``, ``no_majority`` or ``unknown``."""
    drift_ppm: float | None = None
    seconds_to_threshold: float | None = None
    claim: Claim = Claim()
    claim_holds: bool | None = None
    """Whether what it says of itself agrees with what was measured."""
    reasons: tuple[str, ...] = ()


class Camp(msgspec.Struct, frozen=True):
    """Hosts that agree with each other."""

    hosts: tuple[str, ...] = ()
    offset_seconds: float | None = None
    """Their clocks minus those of the first camp."""
    bound_seconds: float | None = None
    kind: str = ""
    """``leap`` or ``smear`` where that explains why they stand apart; ``plain`` where nothing does."""


class Local(msgspec.Struct, frozen=True):
    """This host's own word."""

    server: str = ""
    role: str = ""
    """``solver`` or ``agent``."""
    claim: Claim = Claim()
    sources: dict[str, int] = {}
    """How many upstreams are in which state."""
    pairs: tuple[Pair, ...] = ()
    steps_total: int | None = None

    @property
    def name(self) -> str:
        """What this host is called."""
        return self.server or "this host"


class Thresholds(msgspec.Struct, frozen=True):
    """How far a clock may be off."""

    warn_seconds: float = 0.005
    critical_seconds: float = 0.050


class Report(msgspec.Struct, frozen=True):
    """What CLOCK_CURRENT_REPORT tells."""

    local: Local = Local()
    solved: bool = False
    """Whether hosts were compared; else all that is known is `local`."""
    hosts: tuple[Host, ...] = ()
    pairs: tuple[Pair, ...] = ()
    pairs_omitted: int = 0
    """How many pairs of other hosts were measured and are not told, since the report would be too long."""
    has_majority: bool | None = None
    agreeing: int | None = None
    spread_seconds: float | None = None
    contradictions: tuple[Any, ...] = ()
    """Measurements that cannot all be true."""
    camps: tuple[Camp, ...] = ()
    """The largest first; one alone where all agree."""
    age_seconds: float | None = None
    thresholds: Thresholds = Thresholds()

    def all_pairs(self) -> tuple[Pair, ...]:
        """What was measured: by everyone, or by this host alone where nothing is solved."""
        if self.solved:
            return self.pairs
        own = self.local.name
        return tuple(msgspec.structs.replace(pair, from_=own, to=pair.peer) for pair in self.local.pairs)

    def host_names(self) -> list[str]:
        """Everyone the report speaks of, in order."""
        judged = (one.host for one in self.hosts)
        measured = (name for pair in self.all_pairs() for name in (pair.from_, pair.to))
        own = self.local.server if self.solved else self.local.name
        return sorted({own, *judged, *measured} - {""})


def read_report(message: Message) -> Report:
    """The report that CLOCK_CURRENT_REPORT carries; a key that is missing, or null, is not known.

    Raises:
        CommandError: It carries none in a way we understand.
    """
    try:
        return msgspec.convert(known(msgspec.json.decode(message.get("report"))), Report)
    except (ValueError, RecursionError) as error:
        raise _unreadable(error) from None


def to_json(message: Message) -> str:
    """The report as it came, for programs.

    Raises:
        CommandError: It is no JSON.
    """
    try:
        text = message.get("report").encode()
        msgspec.json.decode(text)
        return msgspec.json.format(text).decode()
    except (ValueError, RecursionError) as error:
        raise _unreadable(error) from None


def known(value: Any) -> Any:  # noqa: ANN401 - any value of a document
    """The value without what is null in it, and with texts that cannot steer a terminal."""
    if isinstance(value, dict):
        return {printable(key): known(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [known(each) for each in value if each is not None]
    return printable(value) if isinstance(value, str) else value


def _unreadable(error: Exception) -> CommandError:
    return CommandError(f"the timekeeper's report cannot be read: {error}")
