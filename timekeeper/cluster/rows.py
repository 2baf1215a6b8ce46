"""PURE: the last word of each host of the cluster about its clock and those it measured; time is an argument."""

import ipaddress
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

import msgspec

from communicator.answers.clocks import Claim, Found, Local, Peer, References
from communicator.errors import AddressError
from communicator.protocol import HostPort, Message, parse_host_port
from communicator.protocol.limits import LINE_BYTES
from timekeeper.pairs import Correction
from timekeeper.references.consensus import RATE
from timekeeper.solution import HostClaim, Measurement, ReferenceInterval, age_claim, age_measurement, find_rate
from timekeeper.solution.measurement import DRIFT_BOUND, VOID_AFTER_S

HOSTS = 1_000
"""As many as a router remembers servers."""
PAIRS_A_ROW = 256
"""More than any host of an overlay measures."""
FORGOTTEN_S = 1_000.0
"""Then nothing that a row says is worth anything."""
LONGEST_INTERVAL_S = 120.0
"""Between two rows of one host, as far as it is believed: eight of them are over before the last one is void."""
TOLD_HOSTS = 256
"""Of those whom a row names as suspect or at fault."""
ON_THE_WAY = 8
"""Words of a host by the quickest of which it is told how much later than that each came."""
OVERTAKEN = 3
"""Rows in a row that seem to have been overtaken on their way: so many were not, their host was set back to a snapshot."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a host said, and when."""

    report: Local
    heard_s: float
    """On a monotonic clock of ours, had it come as quickly as the quickest of the last words of its host."""
    overtaken: int = 0
    """Older ones that have come since."""
    rates: Mapping[str, float] = field(default_factory=dict)
    """How fast the clocks of those it measured part from its own, where that is faster than was to be expected."""
    corrected_s: tuple[float, float] = (0.0, 0.0)
    """By how much what its daemon has left to correct changed with this word, and with the one before."""
    measurements: tuple[Measurement, ...] = ()
    """What it measured, as it was then."""
    ways_s: tuple[float, ...] = ()
    """Of its last words the time of ours when each came, less the time of its own when it was said."""


class Rows:
    """The rows of all hosts but this one."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self.refused = 0
        """Words that could not be taken."""

    def __len__(self) -> int:
        """How many hosts have spoken lately."""
        return len(self._rows)

    @property
    def hosts(self) -> frozenset[str]:
        """Who has spoken lately."""
        return frozenset(self._rows)

    def copy(self) -> "Rows":
        """The same as of now: what is heard or forgotten from now on does not change it."""
        copied = Rows()
        copied._rows, copied.refused = dict(self._rows), self.refused
        return copied

    def hear(self, message: Message, now_s: float) -> str:
        """Take a CLOCK_REPORT.

        Args:
            message: As it came; its sender is what the router says it is.
            now_s: Now, on a monotonic clock, in seconds.

        Returns:
            Why it is not taken; empty when it is.
        """
        fault = self._take(message, now_s)
        self.refused += bool(fault)
        return fault

    def forget(self, now_s: float) -> None:
        """Drop the rows that are too old to say anything."""
        for host in [host for host, row in self._rows.items() if now_s - row.heard_s > FORGOTTEN_S]:
            del self._rows[host]

    def answering(self, now_s: float, rounds: float) -> dict[str, HostPort]:
        """Where hosts answer probes, by host, as they say themselves; without those that do not, or name no IP address.

        A name would be looked up: a row must not have others ask the name servers of anybody.

        Args:
            now_s: Now, on a monotonic clock, in seconds.
            rounds: Who has said nothing for so many of its own intervals measures nobody, and has to be measured in
                another way.
        """
        told = {
            host: _read_address(row.report.probe_address)
            for host, row in self._rows.items()
            if _is_fresh(row, now_s, rounds)
        }
        return {host: address for host, address in told.items() if address is not None}

    def said(self) -> dict[str, Claim]:
        """What each host said of its own clock, in its words, as it was then."""
        return {host: row.report.claim for host, row in self._rows.items()}

    def measurements(self, now_s: float) -> list[Measurement]:
        """Every pair that was reported, as far as it is still worth something."""
        return [
            age_measurement(measurement, now_s - row.heard_s, row.rates.get(measurement.target, 0.0))
            for row in self._rows.values()
            for measurement in row.measurements
        ]

    def claims(self, now_s: float) -> list[HostClaim]:
        """What each host says of its own clock, as far as it is still worth something."""
        return [age_claim(claim_of(row.report), now_s - row.heard_s) for row in self._rows.values()]

    def corrections(self, now_s: float) -> dict[str, Correction]:
        """What the daemon of each host is about to do to its clock, as it told last."""
        return {
            host: Correction(_left_s(row.report), max(row.corrected_s), max(0.0, now_s - row.heard_s))
            for host, row in self._rows.items()
        }

    def references(self, now_s: float) -> list[ReferenceInterval]:
        """What the external servers of each host say of its clock, as far as it is still worth something."""
        found = (reference_of(row.report, now_s - row.heard_s) for row in self._rows.values())
        return [reference for reference in found if reference is not None]

    def heard(self) -> dict[str, References]:
        """What each host hears of its external servers, by host, in its words."""
        return {host: row.report.heard for host, row in self._rows.items() if row.report.heard is not None}

    def roles(self, now_s: float, rounds: float) -> dict[str, str]:
        """What the hosts that have spoken in so many of their own rounds are to be by their settings."""
        return {host: row.report.role for host, row in self._rows.items() if _is_fresh(row, now_s, rounds)}

    def found(self, now_s: float, rounds: float, solving: Collection[str]) -> list[Mapping[str, Found]]:
        """What those that solve hold against others, as far as they have spoken in so many of their own rounds."""
        rows = (row for host, row in self._rows.items() if host in solving and _is_fresh(row, now_s, rounds))
        return [row.report.found for row in rows if row.report.found is not None]

    def suspects(self, now_s: float, rounds: float, solving: Collection[str]) -> frozenset[str]:
        """Whom those that solve doubt, as far as they have spoken in so many of their own rounds."""
        rows = (row for host, row in self._rows.items() if host in solving and _is_fresh(row, now_s, rounds))
        return frozenset(host for row in rows for host in row.report.suspects[:TOLD_HOSTS])

    def suspects_of(self, host: str) -> frozenset[str]:
        """Whom one host doubts, as it said last."""
        row = self._rows.get(host)
        return frozenset() if row is None else frozenset(row.report.suspects[:TOLD_HOSTS])

    @property
    def longest_interval_s(self) -> float:
        """Between two rounds of the slowest host; 0 while nobody has spoken."""
        return max((_interval_s(row.report) for row in self._rows.values()), default=0.0)

    def told(self, now_s: float) -> Iterable[tuple[str, str]]:
        """Who measures whom, or was able to once, as each says."""
        for teller, row in self._rows.items():
            elapsed_s = now_s - row.heard_s
            yield from ((teller, host) for host in row.report.away[:HOSTS])
            yield from (
                (teller, one.target)
                for one in row.measurements
                if one.is_usable and one.age_s + elapsed_s <= VOID_AFTER_S
            )

    def _take(self, message: Message, now_s: float) -> str:
        text = message.get("report")
        if len(text) > LINE_BYTES:
            return f"parameter report: {len(text)} characters, more than {LINE_BYTES}"
        try:
            report = msgspec.json.decode(text, type=Local)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            return f"parameter report: {error}"
        host = message.sent_from_server
        if not host or report.server != host:
            return f"parameter report: it is of {report.server!r}, and comes from {host!r}"
        before = self._rows.get(host)
        if before is None and len(self._rows) >= HOSTS:
            return f"more than {HOSTS} hosts report their clocks"
        if before is not None and _is_older(report, before.report) and before.overtaken + 1 < OVERTAKEN:
            self._rows[host] = replace(before, overtaken=before.overtaken + 1)
            return f"parameter report: number {report.seq} comes after number {before.report.seq}"
        self._rows[host] = _take_time(before, report, now_s)
        return ""


def measurements_of(report: Local) -> tuple[Measurement, ...]:
    """The pairs in a row."""
    return tuple(_measurement(report.server, pair) for pair in report.pairs[:PAIRS_A_ROW])


def claim_of(report: Local) -> HostClaim:
    """The claim in a row."""
    claim = report.claim
    return HostClaim(
        host=report.server,
        state=claim.state,
        offset_s=claim.offset_seconds,
        bound_s=claim.bound_seconds,
        daemon=claim.daemon,
        upstreams=frozenset(_name_for_all(name, report.server) for name in claim.upstreams),
        age_s=claim.age_seconds or 0.0,
        boot_id=report.boot_id,
        steps=report.steps_total,
    )


def _name_for_all(source: str, host: str) -> str:
    """A reference clock, such as ``GPS`` or ``SHM(0)``, is a device of its host: that of another host has errors of its own."""
    is_device = source.isupper() and not {".", ":"} & set(source)
    return f"{source}@{host}" if is_device else source


def reference_of(report: Local, elapsed_s: float = 0.0) -> ReferenceInterval | None:
    """What a row says of external servers.

    Args:
        report: The row.
        elapsed_s: Since it was said; the clock of its host may have drifted meanwhile.

    Returns:
        None where it says nothing of them, or that was too long ago.
    """
    said = report.heard
    if said is None or said.offset_seconds is None or said.bound_seconds is None or said.age_seconds is None:
        return None
    if not 0 <= said.age_seconds + elapsed_s <= VOID_AFTER_S:
        return None
    bound_s = said.bound_seconds + RATE * elapsed_s
    return ReferenceInterval(
        host=report.server,
        low_s=said.offset_seconds - bound_s,
        high_s=said.offset_seconds + bound_s,
        servers=len(set(said.agreeing)),
    )


def _take_time(before: Row | None, report: Local, now_s: float) -> Row:
    """The row, as old as it is by now, with what it and the one before tell together."""
    ways_s = before.ways_s if before is not None and before.report.boot_id == report.boot_id else ()
    if report.made_seconds is not None:
        ways_s = (*ways_s, now_s - report.made_seconds)[-ON_THE_WAY:]
        now_s -= ways_s[-1] - min(ways_s)
    measurements = measurements_of(report)
    if before is None:
        return Row(report, now_s, measurements=measurements, ways_s=ways_s)
    moved_s = abs(_left_s(report) - _left_s(before.report))
    corrected_s = (moved_s, before.corrected_s[0])
    rates = _find_rates(before, measurements, now_s)
    return Row(report, now_s, rates=rates, corrected_s=corrected_s, measurements=measurements, ways_s=ways_s)


def _left_s(report: Local) -> float:
    return abs(report.claim.offset_seconds or 0.0)


def _find_rates(before: Row, measurements: Iterable[Measurement], now_s: float) -> dict[str, float]:
    last = {one.target: one for one in before.measurements}
    return {
        one.target: find_rate(last[one.target], one, now_s - before.heard_s)
        for one in measurements
        if one.target in last and one.via == last[one.target].via
    }


@lru_cache(maxsize=HOSTS)
def _read_address(text: str) -> HostPort | None:
    try:
        address = parse_host_port(text)
        ipaddress.ip_address(address.host)
    except (AddressError, ValueError):
        return None
    return address


def _is_fresh(row: Row, now_s: float, rounds: float) -> bool:
    """Whether it was said in so many of its host's own rounds."""
    return now_s - row.heard_s <= rounds * _interval_s(row.report)


def _interval_s(report: Local) -> float:
    return min(max(report.interval_seconds, 0.0), LONGEST_INTERVAL_S)


def _is_older(report: Local, before: Local) -> bool:
    """Whether a row was overtaken by one of the same life on its way."""
    return (report.boot_id, report.life) == (before.boot_id, before.life) and report.seq <= before.seq


def _measurement(host: str, pair: Peer) -> Measurement:
    return Measurement(
        source=host,
        target=pair.peer,
        offset_s=pair.offset_seconds,
        bound_s=pair.bound_seconds,
        rtt_s=pair.rtt_seconds,
        age_s=pair.age_seconds,
        via=pair.via,
        drift_ppm=pair.drift_ppm,
        rate_bound=2 * DRIFT_BOUND if pair.rate_bound_ppm is None else pair.rate_bound_ppm / 1e6,
    )
