"""How large the page of 200 hosts is, and how soon it is there; it must not know what stands on it."""

import gzip
import http.client
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from benchmarks.errors import BenchmarkError
from communicator.errors import BellwetherError
from tests.exporters.browser.scenes import crowd
from tests.exporters.browser.stage import Stage, staged

TIMEOUT_S = 30.0
ANEW_S = 2.0
"""After so long what was asked for one viewer is not shown to the next, also where asking took half a second."""


@dataclass(frozen=True, slots=True)
class PageFigures:
    """What was found of one page."""

    hosts: int
    sizes: dict[str, int]
    """Bytes on the wire by path, compressed where the server does so, for all that a browser loads."""
    plain_bytes: int
    """The page itself, not compressed."""
    first_s: list[float]
    """The first answer of an exporter that has just found its router, for each start."""
    anew_s: list[float]
    """Answers for which the daemons are asked anew."""
    shared_s: list[float]
    """Answers right after another one."""

    @property
    def total_bytes(self) -> int:
        """All that a browser loads."""
        return sum(self.sizes.values())


class _References(HTMLParser):
    """What a page has a browser load at once."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        name = {"script": "src", "link": "href", "img": "src"}.get(tag, "")
        if told.get(name):
            self.found.append(str(told[name]))


def measure_page(starts: int, loads: int, pause_s: float = ANEW_S) -> PageFigures:
    """Load the page of a crowd again and again, from an exporter that is started so many times.

    Args:
        starts: How often the exporter is started; the first load of each is taken.
        loads: How many pages are loaded right after one another; a fifth as many are each asked for anew.
        pause_s: How long to wait before each of the latter, in seconds.

    Raises:
        BenchmarkError: The page cannot be had.
    """
    scene = crowd()
    first_s = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, _told(), staged(scene, Path(folder)) as stage:
        first_s.append(_timed(stage.url))
        for _ in range(starts - 1):
            stage.stop_exporter()
            stage.start_exporter()
            first_s.append(_timed(stage.url))
        anew_s = []
        for _ in range(max(1, loads // 5)):
            time.sleep(pause_s)
            anew_s.append(_timed(stage.url))
        shared_s = [_timed(stage.url) for _ in range(loads)]
        page = load(stage.url)
        return PageFigures(1 + len(scene.far), _sizes(stage, page), len(page.plain), first_s, anew_s, shared_s)


@dataclass(frozen=True, slots=True)
class Answer:
    """One file."""

    wire_bytes: int
    """As it came."""
    plain: bytes


def _sizes(stage: Stage, page: Answer) -> dict[str, int]:
    references = _References()
    references.feed(page.plain.decode())
    wanted = {urljoin(stage.url, reference) for reference in references.found if not reference.startswith("data:")}
    return {"/": page.wire_bytes} | {urlsplit(url).path: load(url).wire_bytes for url in sorted(wanted)}


def _timed(url: str) -> float:
    start_s = time.monotonic()
    load(url)
    return time.monotonic() - start_s


def load(url: str) -> Answer:
    """One request on a connection of its own, as a browser would ask."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_S)
    try:
        connection.request("GET", parts.path or "/", headers={"Accept-Encoding": "gzip", "Accept": "text/html,*/*"})
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise BenchmarkError(f"{url} cannot be had: {error}") from error
    finally:
        connection.close()
    if answer.status != http.HTTPStatus.OK:
        raise BenchmarkError(f"{url} is answered {answer.status} {answer.reason}")
    is_packed = answer.headers.get("content-encoding") == "gzip"
    return Answer(len(body), gzip.decompress(body) if is_packed else body)


@contextmanager
def _told() -> Iterator[None]:
    """Say what did not start as a failure of the benchmark."""
    try:
        yield
    except (AssertionError, BellwetherError, OSError) as error:
        if isinstance(error, BenchmarkError):
            raise
        raise BenchmarkError(str(error)) from error
