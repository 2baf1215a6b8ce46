"""PURE: what the canary of this host has come to by comparing shadows, as metrics; it compares nothing itself."""

from collections.abc import Callable

from communicator.answers.shadows import Comparison, Comparisons
from communicator.wording.shadows import WORST_FIRST, is_news, verdict_of
from exporters.collectors.metric import Answer, Definition, Kind, Row, Samples, asked_target
from exporters.questions import VERSIONS

SHADOWS_ANSWER = Answer(VERSIONS, Comparisons)
SHADOWS_VIEW = {"view": "shadows"}
"""What the question needs besides."""
_SHADOW = ("service", "version", "server")
_PREFIX = "bellwether_shadow"


def _named(one: Comparison) -> tuple[str, str, str]:
    return one.service, one.version, one.server


def _each(read: Callable[[Comparison], float]) -> Callable[[Comparisons], Samples]:
    """One number of each comparison."""
    return lambda told: {_named(one): float(read(one)) for one in told.comparisons}


def _split(read: Callable[[Comparison], dict[str, float]]) -> Callable[[Comparisons], Samples]:
    """Several numbers of each comparison, by a further label."""
    return lambda told: {
        (*_named(one), label): float(number) for one in told.comparisons for label, number in read(one).items()
    }


def _latency(field: str) -> Callable[[Comparisons], Samples]:
    """One quantile of how long replies take, of both sides."""

    def samples(told: Comparisons) -> Samples:
        found = (
            ((*_named(one), arm), getattr(one.latency, f"{arm}_{field}"))
            for one in told.comparisons
            for arm in ("primary", "shadow")
        )
        return {labels: value for labels, value in found if value is not None}

    return samples


def _gauge(name: str, text: str, read: Callable[[Comparisons], Samples], *labels: str) -> Row[Comparisons]:
    return Row(Definition(f"{_PREFIX}_{name}", Kind.GAUGE, text, labels), read)


def _counter(name: str, text: str, read: Callable[[Comparisons], Samples], *labels: str) -> Row[Comparisons]:
    return Row(Definition(f"{_PREFIX}_{name}_total", Kind.COUNTER, text, labels), read)


SHADOWS = asked_target(
    "shadows",
    _PREFIX,
    VERSIONS.service,
    (
        _gauge(
            "verdict",
            "1 for what comparing the replies of a shadow with those of the primary of this host has come to, else 0.",
            _split(lambda one: {verdict: verdict == verdict_of(one) for verdict in WORST_FIRST}),
            *_SHADOW,
            "verdict",
        ),
        _gauge("log10_evidence", "Evidence that a shadow differs.", _each(lambda one: one.log10_evidence), *_SHADOW),
        _gauge(
            "log10_evidence_limit",
            "The evidence from which on it does.",
            lambda told: {(): told.comparisons[0].limit_log10} if told.comparisons else {},
        ),
        _gauge(
            "differing_paths",
            "Places in replies that differ by more than noise, and are not declared to.",
            _each(lambda one: sum(map(is_news, one.differences))),
            *_SHADOW,
        ),
        _counter(
            "conversations_compared",
            "Conversations that were compared since the canary has started.",
            _each(lambda one: one.conversations - one.earlier),
            *_SHADOW,
        ),
        _counter(
            "conversations_incomplete",
            "Conversations that were not compared, since they were not whole, by why.",
            _split(lambda one: dict(one.incomplete)),
            *_SHADOW,
            "reason",
        ),
        _gauge(  # what turns out to be noise later goes over from one to the other
            "pairs",
            "Pairs of replies, in all lives of the canary, that are alike (noise and declared paths left out), and that differ.",
            _split(lambda one: {"matching": one.matching, "differing": one.differing}),
            *_SHADOW,
            "outcome",
        ),
        _counter(
            "replies_unpaired",
            "Replies of the primary, and of the shadow, to which the other one had none.",
            _split(lambda one: {"primary": one.unpaired_primary, "shadow": one.unpaired_shadow}),
            *_SHADOW,
            "arm",
        ),
        _counter(
            "replies_late",
            "Replies of a shadow that came when their conversation was over for good.",
            _each(lambda one: one.late),
            *_SHADOW,
        ),
        _gauge(
            "reply_median_seconds",
            "How long half of the replies of the primary, and of the shadow, take at most, each on its own host.",
            _latency("p50_s"),
            *_SHADOW,
            "arm",
        ),
        _gauge("reply_p99_seconds", "How long 99 in 100 of them take at most.", _latency("p99_s"), *_SHADOW, "arm"),
    ),
)
"""What the canary of this host compares: shadows of the services that are live here."""
