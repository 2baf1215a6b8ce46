"""PURE: what a metric is, and how a report becomes samples of it; it does not know whose report it is."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from operator import attrgetter
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.utils import floatToGoString

from communicator.answers.histogram import BUCKETS, Histogram
from communicator.answers.reading import read_answer
from communicator.errors import MalformedAnswerError
from exporters.collectors.bounds import series_bound
from exporters.questions import Question

R = TypeVar("R")
"""The shape of a report."""

Samples: TypeAlias = Mapping[tuple[str, ...], float]
"""Values by their label values; a mapping, so that no two samples of one metric share their labels."""

NOTHING: Samples = {}
"""Samples of what is not known: the metric is then absent from the page."""
HISTOGRAM_SERIES = BUCKETS + 3
"""Of a histogram: its buckets, the one without a bound, their sum and their count."""

Reading: TypeAlias = Samples | Histogram
"""What a report says of one metric."""


class Kind(StrEnum):
    """The types of metric we export."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Definition:
    """A metric as it is documented and exposed."""

    name: str
    """In full: a counter's ends in ``_total``."""
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()

    @property
    def series_max(self) -> int:
        """How many series it may have on one page."""
        return HISTOGRAM_SERIES if self.kind is Kind.HISTOGRAM else series_bound(self.labels)

    @property
    def sample_labels(self) -> dict[str, tuple[str, ...]]:
        """The labels of its samples by their name: of a histogram there are three."""
        if self.kind is not Kind.HISTOGRAM:
            return {self.name: self.labels}
        return {
            f"{self.name}_bucket": (*self.labels, "le"),
            f"{self.name}_sum": self.labels,
            f"{self.name}_count": self.labels,
        }

    def family(self, samples: Reading) -> Metric:
        """This metric with `samples`, ready to be exposed; of a histogram it takes a `Histogram`."""
        if isinstance(samples, Histogram):
            told = [(floatToGoString(bucket.le_seconds), bucket.count) for bucket in samples.buckets]  # type: ignore[no-untyped-call]  # the library's own
            buckets = [*told, ("+Inf", samples.count)]
            return HistogramMetricFamily(self.name, self.help, buckets=buckets, sum_value=samples.sum_seconds)
        family_type = CounterMetricFamily if self.kind is Kind.COUNTER else GaugeMetricFamily
        family = family_type(self.name, self.help, labels=self.labels)
        for labels, value in samples.items():
            family.add_metric(labels, value)
        return family

    def keep(self, samples: Reading) -> tuple[Reading, int]:
        """As many of the samples as may be on a page.

        Those that come first by their labels are kept, so that they are the same at each scrape; nothing is summed up, or a
        counter would go down when another takes its place.

        Returns:
            What is kept, and how many are not.
        """
        if isinstance(samples, Histogram) or len(samples) <= self.series_max:
            return samples, 0
        kept = {labels: samples[labels] for labels in sorted(samples)[: self.series_max]}
        return kept, len(samples) - len(kept)


@dataclass(frozen=True, slots=True)
class Row(Generic[R]):
    """A metric and where a report holds its samples."""

    metric: Definition
    read: Callable[[R], Reading]


class Translation(NamedTuple):
    """A report as metrics."""

    families: list[Metric]
    dropped: int
    """Series that were left out since their metric has too many."""


@dataclass(frozen=True, slots=True)
class Table(Generic[R]):
    """Metrics that come from one report."""

    name: str
    """Of the collector, in settings and options."""
    rows: tuple[Row[R], ...]

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """Every metric that may be on the page because of it."""
        return tuple(row.metric for row in self.rows)

    def translate(self, report: R) -> Translation:
        """The metrics of a report; those it says nothing about are left out.

        Raises:
            MalformedAnswerError: It has a number that no metric can hold.
        """
        try:
            return self._translate(report)
        except OverflowError as error:  # JSON has integers of any length
            raise MalformedAnswerError(f"what {self.name} tells is no measure: {error}") from None

    def _translate(self, report: R) -> Translation:
        read = ((row.metric, row.read(report)) for row in self.rows)
        known = [(metric, *metric.keep(samples)) for metric, samples in read if samples]
        return Translation([metric.family(kept) for metric, kept, _ in known], sum(dropped for *_, dropped in known))


@dataclass(frozen=True, slots=True)
class Target(Table[R]):
    """What is looked at when somebody scrapes: besides its metrics there is always whether that went well, and how long it took."""

    prefix: str
    """What the names of its metrics start with."""
    up_help: str = field(kw_only=True)
    duration_help: str = field(kw_only=True)

    @property
    def up(self) -> Definition:
        """Whether there was a report."""
        return Definition(f"{self.prefix}_up", Kind.GAUGE, self.up_help)

    @property
    def duration(self) -> Definition:
        """How long it took."""
        return Definition(f"{self.prefix}_scrape_duration_seconds", Kind.GAUGE, self.duration_help)

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """Every metric that may be on the page because of it."""
        return (self.up, self.duration, *(row.metric for row in self.rows))

    def outcome(self, *, answered: bool, duration_s: float) -> list[Metric]:
        """The two metrics that are always there."""
        return [self.up.family({(): float(answered)}), self.duration.family({(): duration_s})]


@dataclass(frozen=True, slots=True)
class Answer(Generic[R]):
    """What a daemon of this host is asked, and the shape of what it answers."""

    question: Question
    shape: type[R]

    def read(self, report: str) -> R:
        """Read an answer.

        Args:
            report: JSON of `shape`; keys that are not known are ignored.

        Raises:
            MalformedAnswerError: It is not of that shape.
        """
        try:
            return read_answer(report, self.shape)
        except MalformedAnswerError as error:
            raise MalformedAnswerError(f"{self.question.reply} of {self.question.service}: {error}") from None


AnyTable: TypeAlias = Table[Any]
"""A table of whatever report."""
AnyTarget: TypeAlias = Target[Any]
"""A target of whatever report."""


def asked_target(name: str, prefix: str, service: str, rows: tuple[Row[R], ...]) -> Target[R]:
    """A daemon of this host that is asked by message.

    Args:
        name: Of the collector.
        prefix: What the names of its metrics start with.
        service: Who is asked.
        rows: Its metrics.
    """
    return Target(
        name,
        rows,
        prefix,
        up_help=f"1 when the {service} of this host answered this scrape with a report, else 0.",
        duration_help=f"How long the {service} of this host took to answer, or not to, in seconds.",
    )


def read_field(path: str) -> Callable[[Any], Samples]:
    """A reader of one field of a report: a number, or a mapping of label value to number.

    Args:
        path: The name of the field, dotted where it is nested.
    """
    field_of = attrgetter(path)
    return lambda report: samples_of(field_of(report))


def read_histogram(path: str) -> Callable[[Any], Reading]:
    """A reader of one histogram of a report.

    Args:
        path: The name of the field, dotted where it is nested.
    """
    field_of: Callable[[Any], Histogram | None] = attrgetter(path)

    def read(report: object) -> Reading:
        found = field_of(report)
        return NOTHING if found is None else found

    return read


def samples_of(value: float | Mapping[str, float] | None) -> Samples:
    """The samples of a number or of a mapping of label value to number; none when it is not known."""
    if value is None:
        return NOTHING
    if isinstance(value, Mapping):
        return {(key,): float(number) for key, number in value.items()}
    return {(): float(value)}


def samples_by_name(things: Iterable[object], name: str, field: str) -> Samples:
    """A number of each of several things, by its name; what is not known of one is left out.

    Args:
        things: Such as hosts.
        name: The field that names one.
        field: The field of the number.
    """
    values = ((getattr(each, name), getattr(each, field)) for each in things)
    return {(key,): float(value) for key, value in values if value is not None}


def one_of(states: Iterable[str], current: str | None) -> Samples:
    """Samples of a state set: 1 for the current state, 0 for all others; none when no state is known."""
    return NOTHING if current is None else {(state,): float(state == current) for state in states}
