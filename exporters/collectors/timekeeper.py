"""PURE: the timekeeper's CLOCK_CURRENT_REPORT as metrics, first those of this host and its peers; it measures no clock."""

from communicator.answers.clocks import ClockReport
from exporters.collectors.metric import (
    NOTHING,
    Answer,
    Definition,
    Kind,
    Row,
    Samples,
    Target,
    asked_target,
    one_of,
    read_field,
    samples_by_name,
)
from exporters.collectors.timekeeper_cluster import CLUSTER_ROWS, all_hosts, host_rows, own_host, state_sets
from exporters.questions import CLOCKS

STATES = ("synchronized", "holdover", "unsynchronized", "unknown")
LEAPS = ("normal", "insert", "delete", "unsynchronized")
SOURCE_STATES = ("selected", "combined", "outlier", "jittery", "falseticker", "unusable")
AUTHENTICATIONS = ("none", "key", "nts")


def _synchronized(report: ClockReport) -> Samples:
    return {(): float(report.local.claim.state == "synchronized")}


def _state(report: ClockReport) -> Samples:
    return one_of(STATES, report.local.claim.state)


def _source_info(report: ClockReport) -> Samples:
    claim = report.local.claim
    return {(claim.daemon, server): 1.0 for server in claim.upstreams}


def _leap(report: ClockReport) -> Samples:
    leap = report.local.claim.leap
    return NOTHING if leap is None else one_of(LEAPS, leap)


def _source_states(report: ClockReport) -> Samples:
    return state_sets({source.name: source.state for source in report.local.source_list}, SOURCE_STATES)


def _source_authentications(report: ClockReport) -> Samples:
    """Where the daemon tells none there is none."""
    told = {source.name: source.authentication for source in report.local.source_list if source.authentication}
    return state_sets(told, AUTHENTICATIONS)


def _claimed(name: str, text: str, field: str) -> Row[ClockReport]:
    """A number of the claim."""
    return Row(Definition(f"timekeeper_ntp_{name}", Kind.GAUGE, text), read_field(f"local.claim.{field}"))


def _kernel(name: str, text: str) -> Row[ClockReport]:
    """A number of the kernel; where there is none, neither is the metric."""
    read = read_field(name)
    return Row(
        Definition(f"timekeeper_kernel_{name}", Kind.GAUGE, text),
        lambda report: NOTHING if report.local.kernel is None else read(report.local.kernel),
    )


def _peers_up(report: ClockReport) -> Samples:
    """A peer that was to be measured and does not answer has a pair without an offset."""
    own = report.local.server
    silent: dict[tuple[str, ...], float] = {
        (pair.to,): 0.0 for pair in report.pairs if pair.from_ == own and pair.offset_seconds is None
    }
    return silent | {(pair.peer,): 1.0 for pair in report.local.pairs}


def _peers_probed(report: ClockReport) -> Samples:
    return {(pair.peer,): float(pair.via == "probe") for pair in report.local.pairs}


def _probes_asked(report: ClockReport) -> Samples:
    probes = report.local.probes
    if probes is None:
        return NOTHING
    return {(peer, result): float(n) for peer, counts in probes.asked.items() for result, n in counts.items()}


def _probes_answered(report: ClockReport) -> Samples:
    probes = report.local.probes
    return NOTHING if probes is None else {(result,): float(number) for result, number in probes.answered.items()}


def _exchanges_refused(report: ClockReport) -> Samples:
    probes = report.local.probes
    return NOTHING if probes is None else {(reason,): float(number) for reason, number in probes.refused.items()}


def _of_peers(name: str, text: str, field: str) -> Row[ClockReport]:
    """A number of each pair that this host measures itself: no other host exports it."""
    metric = Definition(f"timekeeper_peer_{name}", Kind.GAUGE, text, ("peer",))
    return Row(metric, lambda report: samples_by_name(report.local.pairs, "peer", field))


_OWN_ROWS: tuple[Row[ClockReport], ...] = (
    Row(
        Definition(
            "timekeeper_ntp_synchronized",
            Kind.GAUGE,
            "1 when this host's clock is verified to be kept by NTP; 0 when it is not, or nobody can tell.",
        ),
        _synchronized,
    ),
    Row(
        Definition("timekeeper_ntp_state", Kind.GAUGE, "1 for the state this host's clock is in, else 0.", ("state",)),
        _state,
    ),
    _claimed(
        "offset_seconds",
        "How far this host's clock is ahead of true time, as its time daemon estimates it.",
        "offset_seconds",
    ),
    _claimed(
        "error_bound_seconds",
        "This host's clock is off by no more than this, if the time daemon's servers are right.",
        "bound_seconds",
    ),
    _claimed("root_delay_seconds", "Round trip to the primary time source.", "root_delay_seconds"),
    _claimed(
        "root_dispersion_seconds", "Error gathered on the way from the primary source.", "root_dispersion_seconds"
    ),
    _claimed("update_age_seconds", "Time since the time daemon last updated the clock.", "age_seconds"),
    _claimed("stratum", "Steps between this host and a primary time source.", "stratum"),
    Row(
        Definition(
            "timekeeper_ntp_sources", Kind.GAUGE, "Time sources of the daemon, by what it thinks of them.", ("state",)
        ),
        read_field("local.sources"),
    ),
    Row(
        Definition(
            "timekeeper_ntp_source_info",
            Kind.GAUGE,
            "A time source the daemon uses; always 1.",
            ("daemon", "server"),
        ),
        _source_info,
    ),
    Row(
        Definition(
            "timekeeper_ntp_usable_sources",
            Kind.GAUGE,
            "Good time sources of the daemon, in use or not: it takes 3 to outvote a wrong one.",
        ),
        read_field("local.usable_sources"),
    ),
    Row(
        Definition(
            "timekeeper_ntp_source_state",
            Kind.GAUGE,
            "1 for what the daemon thinks of a time source, else 0.",
            ("server", "state"),
        ),
        _source_states,
    ),
    Row(
        Definition(
            "timekeeper_ntp_source_authentication",
            Kind.GAUGE,
            "1 for how a time source is authenticated, else 0; chronyd tells it at its Unix socket only, others do not.",
            ("server", "authentication"),
        ),
        _source_authentications,
    ),
    Row(
        Definition(
            "timekeeper_ntp_leap",
            Kind.GAUGE,
            "1 for the leap second that the daemon announces, else 0.",
            ("leap",),
        ),
        _leap,
    ),
    _kernel("maxerror_seconds", "The kernel's bound of the clock's error; it grows while nothing updates the clock."),
    _kernel("unsync", "1 when the kernel calls its clock unsynchronized, else 0."),
    _kernel("tai_offset_seconds", "International atomic time minus UTC as the kernel knows it; 0 when nobody set it."),
    _kernel("frequency_ppm", "By how much the kernel speeds up the clock, in millionths."),
    _kernel("esterror_seconds", "The error of the clock as the time daemon told the kernel."),
    _kernel("offset_seconds", "What the kernel has left to slew; chronyd and ntpd-rs leave it 0."),
    _kernel("tick_seconds", "By how much the kernel moves the clock each hundredth of a second."),
    _kernel("status", "The status bits of the kernel's clock, as adjtimex(2) names them."),
    Row(
        Definition("timekeeper_report_age_seconds", Kind.GAUGE, "Time since the timekeeper looked at the clock."),
        read_field("age_seconds"),
    ),
    Row(
        Definition(
            "timekeeper_clock_steps_total",
            Kind.COUNTER,
            "How often this host's clock was seen to be set, since the timekeeper started.",
            ("direction",),
        ),
        read_field("local.steps"),
    ),
    Row(
        Definition(
            "timekeeper_clock_step_seconds_last",
            Kind.GAUGE,
            "By how much this host's clock was set the last time, positive when forward; absent until it is.",
        ),
        read_field("local.last_step_seconds"),
    ),
)

_PEER_ROWS: tuple[Row[ClockReport], ...] = (
    Row(
        Definition(
            "timekeeper_peer_up",
            Kind.GAUGE,
            "1 for a host whose clock this host measures, 0 for one that it is to measure and that does not answer.",
            ("peer",),
        ),
        _peers_up,
    ),
    Row(
        Definition(
            "timekeeper_peer_probed",
            Kind.GAUGE,
            "1 when a peer answers probes, 0 when it is measured through the routers, which is coarser.",
            ("peer",),
        ),
        _peers_probed,
    ),
    _of_peers("offset_seconds", "How far the clock of a peer is ahead of this host's.", "offset_seconds"),
    _of_peers("error_bound_seconds", "The offset of a peer is off by no more than this.", "bound_seconds"),
    _of_peers("rtt_seconds", "Shortest of the last round trips to a peer.", "rtt_seconds"),
    _of_peers("sample_age_seconds", "Time since a peer last answered.", "age_seconds"),
    _of_peers("drift_ppm", "How much faster the crystal of a peer runs than this host's, in millionths.", "drift_ppm"),
    Row(
        Definition(
            "timekeeper_peer_probes_total",
            Kind.COUNTER,
            "Probes sent, and datagrams that came for them, by what became of them; without a peer: from nobody that was asked.",
            ("peer", "result"),
        ),
        _probes_asked,
    ),
    Row(
        Definition(
            "timekeeper_probes_answered_total",
            Kind.COUNTER,
            "Probes of other hosts, by what became of them.",
            ("result",),
        ),
        _probes_answered,
    ),
    Row(
        Definition(
            "timekeeper_exchanges_refused_total",
            Kind.COUNTER,
            "Probes that were answered and not used, since question and answer cannot have been as their stamps say.",
            ("reason",),
        ),
        _exchanges_refused,
    ),
)


CLOCKS_ANSWER = Answer(CLOCKS, ClockReport)


def timekeeper_target(*, cluster: bool) -> Target[ClockReport]:
    """The clock check of this host.

    Args:
        cluster: Whether what it concluded of every other host is shown, too.
    """
    select = all_hosts if cluster else own_host
    rows = (*_OWN_ROWS, *_PEER_ROWS, *host_rows(select), *CLUSTER_ROWS)
    return asked_target("timekeeper", "timekeeper", CLOCKS.service, rows)
