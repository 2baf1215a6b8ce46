"""PURE: a page of metrics as bytes, in the form its reader asks for; it does not know what a metric means.

prometheus_client says which form that is, and writes one, too: five times as slowly, since each of its samples may be anything.
Here they are counters and gauges whose samples have the same labels, and histograms without any; texts come again and again.
"""

import gzip
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from prometheus_client.exposition import choose_encoder, gzip_accepted
from prometheus_client.metrics_core import Metric
from prometheus_client.utils import floatToGoString

MARGIN_S = 0.5
"""What is left of the scraper's time for making the page and its way."""
FLOOR_S = 0.25
"""No target is given less: a scraper that waits shorter than this and the margin gets its page late, or not."""
_COMPRESSION = 1
"""The quickest: a page of 800 kB is then a fourteenth of it, in 2 ms."""
_OPENMETRICS = "application/openmetrics-text"
_SUFFIXES = {"counter": "_total", "gauge": "", "histogram": ""}
"""What a sample's name has beyond that of its metric, which prometheus_client keeps without it."""
_TO_ESCAPE = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})
_TO_ESCAPE_IN_TEXT_HELP = str.maketrans({"\\": r"\\", "\n": r"\n"})


class Page(NamedTuple):
    """A page as it is sent."""

    content_type: str
    body: bytes
    is_compressed: bool


def encode_page(families: Iterable[Metric], accept: str = "", accept_encoding: str = "") -> Page:
    """The page: text, or OpenMetrics for whoever asks for it.

    Args:
        families: What it holds: counters and gauges, the samples of each with the same labels, and histograms without labels.
        accept: The header of this name.
        accept_encoding: The header of this name.
    """
    content_type = _content_type(accept)
    is_openmetrics = content_type.startswith(_OPENMETRICS)
    head, end = (_openmetrics_head, "# EOF\n") if is_openmetrics else (_text_head, "")
    body = ("".join(_lines(families, head)) + end).encode()
    if not gzip_accepted(accept_encoding):
        return Page(content_type, body, is_compressed=False)
    return Page(content_type, gzip.compress(body, _COMPRESSION, mtime=0), is_compressed=True)


def _content_type(accept: str) -> str:
    """What is told by which header; plain text to whoever asks for a version that is none."""
    try:
        return choose_encoder(accept)[1]
    except (TypeError, ValueError):  # it compares "1.a.0" with numbers
        return choose_encoder("")[1]


def _lines(families: Iterable[Metric], head: Callable[[Metric], str]) -> Iterator[str]:
    """The lines of a page; what a text or a number looks like is worked out once for all of them."""
    texts, numbers = _Texts(), _Numbers()
    for metric in families:
        yield head(metric)
        if metric.type == "histogram":
            yield from _histogram_lines(metric, numbers)
            continue
        name = metric.name + _SUFFIXES[metric.type]
        labels = sorted(metric.samples[0].labels) if metric.samples else []
        for sample in metric.samples:
            told = ",".join([f'{label}="{texts[sample.labels[label]]}"' for label in labels])
            yield f"{name}{{{told}}} {numbers[sample.value]}\n" if told else f"{name} {numbers[sample.value]}\n"


def _histogram_lines(metric: Metric, numbers: Mapping[float, str]) -> Iterator[str]:
    for sample in metric.samples:
        told = "".join(f'{{{label}="{value}"}}' for label, value in sample.labels.items())
        yield f"{sample.name}{told} {numbers[sample.value]}\n"


class _Texts(dict[str, str]):
    """What a text looks like between quotation marks."""

    def __missing__(self, text: str) -> str:
        escaped = self[text] = text.translate(_TO_ESCAPE)
        return escaped


class _Numbers(dict[float, str]):
    """What a number looks like."""

    def __missing__(self, number: float) -> str:
        written: str = floatToGoString(number)  # type: ignore[no-untyped-call]  # the library's own
        self[number] = written
        return written


def _text_head(metric: Metric) -> str:
    name, about = metric.name + _SUFFIXES[metric.type], metric.documentation.translate(_TO_ESCAPE_IN_TEXT_HELP)
    return f"# HELP {name} {about}\n# TYPE {name} {metric.type}\n"


def _openmetrics_head(metric: Metric) -> str:
    about = metric.documentation.translate(_TO_ESCAPE)
    return f"# HELP {metric.name} {about}\n# TYPE {metric.name} {metric.type}\n"


def read_deadline(header: str, longest_s: float) -> float:
    """How long targets may take, by the header X-Prometheus-Scrape-Timeout-Seconds.

    Args:
        header: Empty when there is none; what is no time is passed over.
        longest_s: How long at most, in seconds.
    """
    try:
        timeout_s = float(header)
    except ValueError:
        return longest_s
    if not math.isfinite(timeout_s) or timeout_s <= 0:
        return longest_s
    return min(longest_s, max(FLOOR_S, timeout_s - MARGIN_S))
