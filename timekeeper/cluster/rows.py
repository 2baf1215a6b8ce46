"""PURE: the last word of each host of the cluster about its clock and those it measured; time is an argument."""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from communicator.errors import AddressError
from communicator.protocol import HostPort, Message, parse_host_port
from communicator.protocol.limits import LINE_BYTES
from timekeeper.report import ClaimReport, LocalReport, PairReport
from timekeeper.solution import HostClaim, Measurement, age_claim, age_measurement

HOSTS = 1_000
"""As many as a router remembers servers."""
PAIRS_A_ROW = 256
"""More than any host of an overlay measures."""
FORGOTTEN_S = 1_000.0
"""Then nothing that a row says is worth anything."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a host said, and when."""

    report: LocalReport
    heard_s: float
    """On a monotonic clock of ours."""


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

    def answering(self, now_s: float, silent_s: float) -> dict[str, HostPort]:
        """Where hosts answer probes, by host, as they say themselves; without those that do not, or say nonsense.

        Args:
            now_s: Now, on a monotonic clock, in seconds.
            silent_s: Who has said nothing for so long measures nobody, and has to be measured in another way.
        """
        told = {
            host: _read_address(row.report.probe_address)
            for host, row in self._rows.items()
            if now_s - row.heard_s <= silent_s
        }
        return {host: address for host, address in told.items() if address is not None}

    def claim_reports(self) -> dict[str, ClaimReport]:
        """What each host said of its own clock, in its words."""
        return {host: row.report.claim for host, row in self._rows.items()}

    def measurements(self, now_s: float) -> list[Measurement]:
        """Every pair that was reported, as far as it is still worth something."""
        return [
            age_measurement(measurement, now_s - row.heard_s)
            for row in self._rows.values()
            for measurement in measurements_of(row.report)
        ]

    def claims(self, now_s: float) -> list[HostClaim]:
        """What each host says of its own clock, as far as it is still worth something."""
        return [age_claim(claim_of(row.report), now_s - row.heard_s) for row in self._rows.values()]

    def _take(self, message: Message, now_s: float) -> str:
        text = message.get("report")
        if len(text) > LINE_BYTES:
            return f"parameter report: {len(text)} characters, more than {LINE_BYTES}"
        try:
            report = msgspec.json.decode(text, type=LocalReport)
        except (msgspec.DecodeError, UnicodeError) as error:
            return f"parameter report: {error}"
        host = message.sent_from_server
        if not host or report.server != host:
            return f"parameter report: it is of {report.server!r}, and comes from {host!r}"
        before = self._rows.get(host)
        if before is None and len(self._rows) >= HOSTS:
            return f"more than {HOSTS} hosts report their clocks"
        if before is not None and _is_older(report, before.report):
            return f"parameter report: number {report.seq} comes after number {before.report.seq}"
        self._rows[host] = Row(report, now_s)
        return ""


def measurements_of(report: LocalReport) -> Iterable[Measurement]:
    """The pairs in a row."""
    return (_measurement(report.server, pair) for pair in report.pairs[:PAIRS_A_ROW])


def claim_of(report: LocalReport) -> HostClaim:
    """The claim in a row."""
    claim = report.claim
    return HostClaim(
        host=report.server,
        state=claim.state,
        offset_s=claim.offset_seconds,
        bound_s=claim.bound_seconds,
        daemon=claim.daemon,
        upstreams=frozenset(claim.upstreams),
        leap=claim.leap,
        smear=claim.smear,
        age_s=claim.age_seconds or 0.0,
        boot_id=report.boot_id,
    )


def _read_address(text: str) -> HostPort | None:
    try:
        return parse_host_port(text) if text else None
    except AddressError:
        return None


def _is_older(report: LocalReport, before: LocalReport) -> bool:
    """Whether a row was overtaken by one of the same life on its way."""
    return (report.boot_id, report.life) == (before.boot_id, before.life) and report.seq <= before.seq


def _measurement(host: str, pair: PairReport) -> Measurement:
    return Measurement(
        source=host,
        target=pair.peer,
        offset_s=pair.offset_seconds,
        bound_s=pair.bound_seconds,
        rtt_s=pair.rtt_seconds,
        age_s=pair.age_seconds,
        via=pair.via,
        drift_ppm=pair.drift_ppm,
    )
