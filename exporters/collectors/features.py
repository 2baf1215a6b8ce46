"""PURE: the canary's report of feature flags as metrics; it judges no flag."""

from collections.abc import Callable

from communicator.answers.features import FeatureReport
from exporters.collectors.metric import Answer, Definition, Kind, Row, Samples, asked_target, read_field
from exporters.questions import VERSIONS

FEATURES_ANSWER = Answer(VERSIONS, FeatureReport)
_PREFIX = "bellwether_feature"


def _types(report: FeatureReport) -> Samples:
    return {(kind,): float(count) for kind, count in report.types.items()}


def _off(report: FeatureReport) -> Samples:
    return {(row.feature,): 1.0 for row in report.features if row.offs}


def _stale(report: FeatureReport) -> Samples:
    return {(row.feature, one.reason): one.since_ago_s for row in report.features for one in row.stale}


def _evaluations(report: FeatureReport) -> Samples:
    told = (one for row in report.features for one in row.evaluations)
    return {(one.feature, one.variant, one.reason): float(one.count) for one in told}


def _differing(report: FeatureReport) -> Samples:
    return {(): float(len(report.differing))}


def _untold(report: FeatureReport) -> Samples:
    return {(): float(max(0, report.total - len(report.features)))}


def _gauge(name: str, text: str, read: Callable[[FeatureReport], Samples], *labels: str) -> Row[FeatureReport]:
    return Row(Definition(f"{_PREFIX}_{name}", Kind.GAUGE, text, labels), read)


FEATURES = asked_target(
    "features",
    _PREFIX,
    VERSIONS.service,
    (
        _gauge("flags", "Feature flags of a type that are defined.", _types, "type"),
        _gauge("flags_off", "Feature flags that are off.", read_field("off")),
        _gauge("flags_stale", "Feature flags that may have outlived their purpose.", read_field("stale")),
        _gauge("off", "A feature flag that is off; always 1.", _off, "feature"),
        _gauge(
            "stale_seconds",
            "For how long a feature flag may have outlived its purpose, by why.",
            _stale,
            "feature",
            "reason",
        ),
        Row(
            Definition(
                f"{_PREFIX}_evaluations_total",
                Kind.COUNTER,
                "Evaluations of a feature flag on this host, by what it came to and why.",
                ("feature", "variant", "reason"),
            ),
            _evaluations,
        ),
        _gauge(
            "files_differing",
            "Feature flags that a file of this host defines otherwise than what is in force.",
            _differing,
        ),
        _gauge(
            "flags_untold",
            "Feature flags that this page leaves out, since there are too many; those that are off or stale come first.",
            _untold,
        ),
    ),
)
"""The feature flags as the canary of this host knows them."""
