"""PURE: this host and the suite's own processes as metrics; it measures nothing itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from exporters.collectors.metric import Definition, Kind, Row, Samples, Target, read_field, samples_of


@dataclass(frozen=True, slots=True)
class Disk:
    """The file system a directory is on."""

    size_bytes: int
    free_bytes: int
    """For users other than root."""
    inodes: int
    inodes_free: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One of the suite's processes; what may not be looked at is None."""

    start_time_seconds: float | None = None
    cpu_seconds: float | None = None
    resident_bytes: int | None = None
    open_fds: int | None = None
    threads: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostReport:
    """A host at one moment; what cannot be told is None."""

    loads: tuple[float, float, float] | None = None
    """Over one, five and fifteen minutes."""
    cpus: int | None = None
    memory_total_bytes: int | None = None
    memory_available_bytes: int | None = None
    swap_total_bytes: int | None = None
    swap_free_bytes: int | None = None
    boot_time_seconds: float | None = None
    disks: Mapping[str, Disk] = field(default_factory=dict)
    """By the directory that was named."""
    processes: Mapping[str, Process | None] = field(default_factory=dict)
    """The suite's own, as far as it is known of each whether it runs; None: it does not."""


def _load(number: int) -> Callable[[HostReport], Samples]:
    return lambda report: samples_of(None if report.loads is None else report.loads[number])


def _up(report: HostReport) -> Samples:
    return {(name,): float(process is not None) for name, process in report.processes.items()}


def _gauge(name: str, text: str) -> Row[HostReport]:
    return Row(Definition(f"host_{name}", Kind.GAUGE, text), read_field(name))


def _disk(name: str, text: str, attribute: str) -> Row[HostReport]:
    read = Definition(f"host_disk_{name}", Kind.GAUGE, text, ("path",))
    return Row(read, lambda report: {(path,): float(getattr(disk, attribute)) for path, disk in report.disks.items()})


def _process(kind: Kind, name: str, text: str, attribute: str) -> Row[HostReport]:
    def read(report: HostReport) -> Samples:
        told = ((name, getattr(process, attribute, None)) for name, process in report.processes.items())
        return {(name,): float(value) for name, value in told if value is not None}

    return Row(Definition(f"host_process_{name}", kind, text, ("process",)), read)


_PROCESS_ROWS: tuple[Row[HostReport], ...] = (
    Row(
        Definition(
            "host_process_up",
            Kind.GAUGE,
            "1 while a process of the suite runs on this host, else 0; absent while the router has not told of it.",
            ("process",),
        ),
        _up,
    ),
    _process(
        Kind.COUNTER,
        "cpu_seconds_total",
        "Processor time that a process of the suite has taken, in seconds.",
        "cpu_seconds",
    ),
    _process(Kind.GAUGE, "resident_memory_bytes", "Memory that a process of the suite occupies.", "resident_bytes"),
    _process(Kind.GAUGE, "open_fds", "Files and sockets that a process of the suite has open.", "open_fds"),
    _process(Kind.GAUGE, "threads", "Threads of a process of the suite.", "threads"),
    _process(
        Kind.GAUGE,
        "start_time_seconds",
        "When a process of the suite started, in seconds since the epoch.",
        "start_time_seconds",
    ),
)

HOST = Target(
    "host",
    (
        Row(
            Definition("host_load1", Kind.GAUGE, "Processes that ran or waited to, mean of the last minute."), _load(0)
        ),
        Row(Definition("host_load5", Kind.GAUGE, "The same of the last five minutes."), _load(1)),
        Row(Definition("host_load15", Kind.GAUGE, "The same of the last fifteen minutes."), _load(2)),
        _gauge("cpus", "Processors, those of one core counted apart."),
        _gauge("memory_total_bytes", "Memory of this host."),
        _gauge("memory_available_bytes", "Memory that programs could still have without swapping."),
        _gauge("swap_total_bytes", "Swap space of this host."),
        _gauge("swap_free_bytes", "Swap space that is not used."),
        _gauge("boot_time_seconds", "When this host was started, in seconds since the epoch."),
        _disk("size_bytes", "Size of the file system that a directory of the suite is on.", "size_bytes"),
        _disk("free_bytes", "What of it users other than root may still fill.", "free_bytes"),
        _disk("inodes", "Files that the file system can hold; 0 where it does not say.", "inodes"),
        _disk("inodes_free", "How many more it can hold.", "inodes_free"),
        *_PROCESS_ROWS,
    ),
    "host",
    up_help="1 when this host could be looked at for this scrape, else 0.",
    duration_help="How long it took to look at this host, or not to, in seconds.",
)
"""The machine itself."""
