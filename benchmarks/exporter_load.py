"""How soon /metrics of 200 hosts is there, and what memory that takes in the long run; it must not know what stands on the page."""

import gzip
import http.client
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from benchmarks.errors import BenchmarkError
from communicator.errors import BellwetherError
from tests.exporters.browser.far_routers import SERVICES
from tests.exporters.browser.scenes import crowd
from tests.exporters.browser.stage import staged

TIMEOUT_S = 30.0
LOOKS = 20
"""How often in a run the memory is looked at."""
SETTLED = 1_000
"""Scrapes after which nothing is to grow any more."""
HEADERS = {
    "Accept": "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    "Accept-Encoding": "gzip",
    "X-Prometheus-Scrape-Timeout-Seconds": "10",
}
"""What Prometheus sends."""


@dataclass(slots=True)
class ScrapeFigures:
    """What was found."""

    hosts: int
    instances: int
    series: int = 0
    page_bytes: int = 0
    wire_bytes: int = 0
    """Of a page that is compressed."""
    plain_s: list[float] = field(default_factory=list)
    """How long each answer took that was not compressed."""
    times_s: list[float] = field(default_factory=list)
    """How long each other one took, from the question to the last byte."""
    cpu_s: float = 0.0
    """Processor time of the exporter for one of these, in seconds."""
    resident: list[tuple[int, int]] = field(default_factory=list)
    """After how many scrapes the exporter occupied how many bytes."""


def measure_scrapes(count: int, say: Callable[[str], None]) -> ScrapeFigures:
    """Scrape an exporter that shows the whole cluster, one scrape after the other, as Prometheus would.

    Args:
        count: How often.
        say: Told how far it is.

    Raises:
        BenchmarkError: There is no page, or not the whole one.
    """
    scene = crowd()
    hosts = 1 + len(scene.far)
    figures = ScrapeFigures(hosts, hosts * len(SERVICES))
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        _told(),
        staged(scene, Path(folder), "--set", "cluster=true") as stage,
    ):
        scraper, process = _Scraper(stage.url), psutil.Process(stage.pid)
        _look(scraper, figures)
        for _ in range(max(10, count // 100)):
            figures.plain_s.append(scraper.timed({}))
        before_s = _cpu_s(process)
        for number in range(1, count + 1):
            figures.times_s.append(scraper.timed(HEADERS))
            if number % max(1, count // LOOKS) == 0:
                resident = process.memory_info().rss
                figures.resident.append((number, resident))
                say(f"{number:,} scrapes, {resident / 2**20:.1f} MiB")
        figures.cpu_s = (_cpu_s(process) - before_s) / count
        scraper.close()
    return figures


def _look(scraper: "_Scraper", figures: ScrapeFigures) -> None:
    """See that the page is the whole one: whatever is missing would make it quicker."""
    give_up_s = time.monotonic() + TIMEOUT_S
    while True:
        wire = scraper.get(HEADERS)
        page = gzip.decompress(wire)
        figures.page_bytes, figures.wire_bytes = len(page), len(wire)
        lines = [line for line in page.splitlines() if not line.startswith(b"#")]
        figures.series = len(lines)
        wanted = [b"communicator_up 1.0", b"timekeeper_up 1.0", b"canary_up 1.0", b"sitter_up 1.0", b"host_up 1.0"]
        peers = sum(line.startswith(b"communicator_peer_up{") for line in lines)
        clocks = sum(line.startswith(b"timekeeper_host_offset_seconds{") for line in lines)
        versions = sum(line.startswith(b"canary_runs_running{") for line in lines)
        if set(wanted) <= set(lines) and (peers, clocks) == (figures.hosts - 1, figures.hosts):
            if versions < figures.instances:
                raise BenchmarkError(f"only {versions:,} of {figures.instances:,} versions are on the page")
            return
        if time.monotonic() > give_up_s:
            raise BenchmarkError(f"the page has {peers} peers and {clocks} clocks of {figures.hosts} hosts")


class _Scraper:
    """One connection that is kept, as Prometheus keeps it."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT_S)

    def get(self, headers: dict[str, str]) -> bytes:
        try:
            self._connection.request("GET", "/metrics", headers=headers)
            answer = self._connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise BenchmarkError(f"/metrics cannot be had: {error!r}") from error
        if answer.status != http.HTTPStatus.OK:
            raise BenchmarkError(f"/metrics is answered {answer.status} {answer.reason}")
        return body

    def timed(self, headers: dict[str, str]) -> float:
        start_s = time.monotonic()
        self.get(headers)
        return time.monotonic() - start_s

    def close(self) -> None:
        self._connection.close()


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@contextmanager
def _told() -> Iterator[None]:
    """Say what did not start as a failure of the benchmark."""
    try:
        yield
    except (AssertionError, BellwetherError, OSError, psutil.Error) as error:
        raise BenchmarkError(str(error)) from error
