"""PURE: what a metric is, and how a report becomes samples of it; it does not know whose report it is."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from operator import attrgetter
from typing import Any, Generic, TypeAlias, TypeVar

import msgspec
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from communicator.errors import BellwetherError

R = TypeVar("R")
"""The shape of a report."""

Samples: TypeAlias = Mapping[tuple[str, ...], float]
"""Values by their label values; a mapping, so that no two samples of one metric share their labels."""

NOTHING: Samples = {}
"""Samples of what is not known: the metric is then absent from the page."""


class MalformedReportError(BellwetherError, ValueError):
    """A daemon answered with something that is not a report of its shape."""


class Kind(StrEnum):
    """The types of metric we export."""

    COUNTER = "counter"
    GAUGE = "gauge"


@dataclass(frozen=True, slots=True)
class Definition:
    """A metric as it is documented and exposed."""

    name: str
    """In full: a counter's ends in ``_total``."""
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()

    def family(self, samples: Samples) -> Metric:
        """This metric with `samples`, ready to be exposed."""
        family_type = CounterMetricFamily if self.kind is Kind.COUNTER else GaugeMetricFamily
        family = family_type(self.name, self.help, labels=self.labels)
        for labels, value in samples.items():
            family.add_metric(labels, value)
        return family


@dataclass(frozen=True, slots=True)
class Row(Generic[R]):
    """A metric and where a report holds its samples."""

    metric: Definition
    read: Callable[[R], Samples]


@dataclass(frozen=True, slots=True)
class Target(Generic[R]):
    """A daemon of this host: how it is asked, what it answers, and which metrics that makes."""

    prefix: str
    """What the names of its metrics start with."""
    service: str
    command: str
    reply: str
    parameter: str
    """The parameter of the reply that holds the report as JSON."""
    shape: type[R]
    rows: tuple[Row[R], ...]
    up: Definition = field(init=False)
    duration: Definition = field(init=False)

    def __post_init__(self) -> None:
        up_help = f"1 when the {self.service} of this host answered this scrape with a report, else 0."
        duration_help = f"How long the {self.service} of this host took to answer, or not to, in seconds."
        set_once = object.__setattr__  # the way to derive a field of a frozen dataclass
        set_once(self, "up", Definition(f"{self.prefix}_up", Kind.GAUGE, up_help))
        set_once(self, "duration", Definition(f"{self.prefix}_scrape_duration_seconds", Kind.GAUGE, duration_help))

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """Every metric this target may put on the page."""
        return (self.up, self.duration, *(row.metric for row in self.rows))

    def families(self, report: str) -> list[Metric]:
        """Translate a report; metrics it says nothing about are left out.

        Args:
            report: JSON of `shape`; keys that are not known are ignored.

        Raises:
            MalformedReportError: It is not of that shape.
        """
        try:
            decoded = msgspec.json.decode(report, type=self.shape)
        except (msgspec.DecodeError, UnicodeEncodeError) as error:
            raise MalformedReportError(f"{self.reply} of {self.service}: {error}") from None
        samples = ((row.metric, row.read(decoded)) for row in self.rows)
        return [metric.family(values) for metric, values in samples if values]

    def outcome(self, *, answered: bool, duration_s: float) -> list[Metric]:
        """The two metrics that are always there."""
        return [self.up.family({(): float(answered)}), self.duration.family({(): duration_s})]


AnyTarget: TypeAlias = Target[Any]
"""A target of whatever report."""


def read_field(path: str) -> Callable[[Any], Samples]:
    """A reader of one field of a report: a number, or a mapping of label value to number.

    Args:
        path: The name of the field, dotted where it is nested.
    """
    field_of = attrgetter(path)
    return lambda report: samples_of(field_of(report))


def samples_of(value: float | Mapping[str, float] | None) -> Samples:
    """The samples of a number or of a mapping of label value to number; none when it is not known."""
    if value is None:
        return NOTHING
    if isinstance(value, Mapping):
        return {(key,): float(number) for key, number in value.items()}
    return {(): float(value)}


def one_of(states: Iterable[str], current: str | None) -> Samples:
    """Samples of a state set: 1 for the current state, 0 for all others; none when no state is known."""
    return NOTHING if current is None else {(state,): float(state == current) for state in states}
