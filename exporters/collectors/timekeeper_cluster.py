"""PURE: what a solving timekeeper concluded of the clocks, as metrics of hosts, cluster and references; it judges none itself."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from communicator.answers.clocks import ClockReport, Host, References
from exporters.collectors.metric import (
    NOTHING,
    Definition,
    Kind,
    Row,
    Samples,
    one_of,
    read_field,
    samples_by_name,
    samples_of,
)

VERDICTS = ("ok", "suspect", "wrong", "no_majority", "unknown")
FAULTS = ("wrong", "false_claim", "cluster_off", "contradicted", "no_majority")
SERVER_STATES = ("agreeing", "falseticker", "silent")

Select: TypeAlias = Callable[[ClockReport], Iterable[Host]]
"""The hosts of a report that are shown."""


def all_hosts(report: ClockReport) -> Iterable[Host]:
    """Every host: for one or two places of a cluster, or Prometheus hears the same from each."""
    return report.hosts


def own_host(report: ClockReport) -> Iterable[Host]:
    """The host that tells it, alone."""
    return (host for host in report.hosts if host.host == report.local.server)


def host_rows(select: Select) -> tuple[Row[ClockReport], ...]:
    """The metrics of single hosts; a host that is no longer in the report is gone.

    Args:
        select: Which of the hosts are shown.
    """
    verdict = Definition(
        "timekeeper_host_verdict",
        Kind.GAUGE,
        "1 for what the comparison says of a host's clock, else 0.",
        ("host", "verdict"),
    )
    fault = Definition(
        "timekeeper_host_fault",
        Kind.GAUGE,
        "1 for what has lasted against a host's clock or its claim, else 0; it stays while it can be neither seen nor excluded.",
        ("host", "fault"),
    )
    numbers = (_host_row(select, *each) for each in _OF_A_HOST)
    return (
        Row(verdict, lambda report: _verdicts(select(report))),
        Row(fault, lambda report: _faults(select(report))),
        *numbers,
    )


_OF_A_HOST = (
    ("offset_seconds", "How far a host's clock is ahead of what most agree on.", "offset_seconds"),
    ("offset_bound_seconds", "The offset of a host is off by no more than this.", "bound_seconds"),
    (
        "critical",
        "1 when a host's clock is wrong and beyond the critical threshold for certain, else 0.",
        "critical",
    ),
    (
        "claim_holds",
        "1 when a host's clock can be as true as its time daemon claims, 0 when the claim is false.",
        "claim_holds",
    ),
    ("drift_ppm", "How fast the offset of a host grows, in millionths.", "drift_ppm"),
    (
        "seconds_to_threshold",
        "Time until a host's clock may be beyond the threshold, if it drifts on like this.",
        "seconds_to_threshold",
    ),
    ("sample_age_seconds", "Time since the youngest measurement of a host's clock.", "age_seconds"),
    (
        "true_offset_seconds",
        "How far a host's clock is ahead of true time, by external servers, else by what most hosts claim.",
        "true_offset_seconds",
    ),
    ("true_offset_bound_seconds", "The true offset of a host is off by no more than this.", "true_bound_seconds"),
)
"""Name, meaning and field of each."""


def _host_row(select: Select, name: str, text: str, field: str) -> Row[ClockReport]:
    metric = Definition(f"timekeeper_host_{name}", Kind.GAUGE, text, ("host",))
    return Row(metric, lambda report: samples_by_name(select(report), "host", field))


def _verdicts(hosts: Iterable[Host]) -> Samples:
    return state_sets({host.host: host.verdict for host in hosts}, VERDICTS)


def _faults(hosts: Iterable[Host]) -> Samples:
    return {(host.host, fault): float(fault in host.faults) for host in hosts for fault in FAULTS}


def state_sets(states: Mapping[str, str | None], known: Iterable[str]) -> Samples:
    """A state set for each name; a state we do not know is none of those we do.

    Args:
        states: The state of each.
        known: All there are.
    """
    return {
        (name, *state): value for name, current in states.items() for state, value in one_of(known, current).items()
    }


def _cluster(name: str, text: str, read: Callable[[ClockReport], Samples]) -> Row[ClockReport]:
    """A figure of the cluster as a whole; where nothing is solved there is none."""
    metric = Definition(f"timekeeper_cluster_{name}", Kind.GAUGE, text)
    return Row(metric, lambda report: read(report) if report.solved else NOTHING)


def _count(field: str) -> Callable[[ClockReport], Samples]:
    return lambda report: samples_of(len(getattr(report, field)))


def _thresholds(report: ClockReport) -> Samples:
    limits = report.thresholds
    if limits is None:
        return NOTHING
    return {("warn",): limits.warn_seconds, ("critical",): limits.critical_seconds}


def _reference(name: str, text: str, read: Callable[[References], float | None]) -> Row[ClockReport]:
    """A figure of the external servers; where the settings name none there is none."""
    metric = Definition(f"timekeeper_reference_{name}", Kind.GAUGE, text)
    return Row(metric, lambda report: NOTHING if (own := _own(report)) is None else samples_of(read(own)))


def _own(report: ClockReport) -> References | None:
    """What the external servers of this host say; each host tells of its own."""
    return report.references_by_host.get(report.local.server) if report.solved else None


def _reference_offset(references: References) -> float | None:
    """This clock minus true time; the report has it the other way round."""
    return None if references.offset_seconds is None else -references.offset_seconds


def _reference_servers(report: ClockReport) -> Samples:
    """A server that failed the last time still counts by what it said before."""
    references = _own(report)
    if references is None:
        return NOTHING
    states = {
        **dict.fromkeys(references.complaints, "silent"),
        **dict.fromkeys(references.falsetickers, "falseticker"),
        **dict.fromkeys(references.agreeing, "agreeing"),
    }
    return state_sets(states, SERVER_STATES)


CLUSTER_ROWS: tuple[Row[ClockReport], ...] = (
    _cluster("hosts", "Hosts of the cluster, those included whose clocks could not be compared.", _count("hosts")),
    _cluster("voters", "Hosts that count: a majority is more than half of them.", read_field("voters")),
    _cluster(
        "independent_sources",
        "Groups of hosts behind the majority that have no source in common; 1: an error of that source would not be seen.",
        read_field("sources_independent"),
    ),
    _cluster("agreeing_hosts", "Hosts in the majority; without one, in the largest camp.", read_field("agreeing")),
    _cluster("has_majority", "1 when more than half of the hosts agree, else 0.", read_field("has_majority")),
    _cluster("spread_seconds", "How far apart the two most different clocks are.", read_field("spread_seconds")),
    _cluster(
        "loop_residual_seconds",
        "By how much the worst pair differs from the best fit of all pairs.",
        read_field("residual_seconds"),
    ),
    _cluster(
        "contradictions",
        "Rings of hosts whose measurements cannot all be true; no more than 64 are counted.",
        _count("contradictions"),
    ),
    _cluster("camps", "Groups of hosts that agree among themselves; 1 where all agree.", _count("camps")),
    _cluster(
        "off",
        "1 when the majority as a whole is beyond the threshold from true time for certain, else 0.",
        read_field("cluster_off"),
    ),
    Row(
        Definition("timekeeper_threshold_seconds", Kind.GAUGE, "How far off a clock may be.", ("severity",)),
        _thresholds,
    ),
    _reference(
        "offset_seconds",
        "How far this host's clock is ahead of what most of the external servers say.",
        _reference_offset,
    ),
    _reference(
        "error_bound_seconds",
        "The reference offset is off by no more than this, if most of the external servers are right.",
        lambda references: references.bound_seconds,
    ),
    Row(
        Definition(
            "timekeeper_reference_server_state",
            Kind.GAUGE,
            "1 for how an external server stands to the others, else 0.",
            ("server", "state"),
        ),
        _reference_servers,
    ),
)
"""The metrics of the cluster as a whole and of the external servers."""
