"""PURE: what the router of this host copies for shadows, and keeps back of what they say, as metrics; it compares nothing."""

from collections.abc import Callable

from communicator.answers.router import Fence, Mirror, Statistics
from exporters.collectors.metric import Definition, Kind, Row, Samples, samples_of

STATES = ("copying", "busy", "absent", "unsupported")
"""Of a mirror. One of a later release is in none of them."""
_SHADOW = ("service", "version", "server")
_PREFIX = "communicator_shadow"


def _named(one: Mirror) -> tuple[str, str, str]:
    return one.service, one.version, one.server


def _each(read: Callable[[Mirror], float]) -> Callable[[Statistics], Samples]:
    """One number of each mirror."""
    return lambda stats: {_named(one): float(read(one)) for one in stats.mirrors}


def _each_fence(read: Callable[[Fence], float]) -> Callable[[Statistics], Samples]:
    """One number of each shadow that runs here."""
    return lambda stats: {(one.service, one.version): float(read(one)) for one in stats.fences}


def _states(stats: Statistics) -> Samples:
    return {(*_named(one), state): float(one.state == state) for one in stats.mirrors for state in STATES}


def _conversations(stats: Statistics) -> Samples:
    return {
        (*_named(one), outcome): float(number)
        for one in stats.mirrors
        for outcome, number in one.conversations_total.items()
    }


def _row(kind: Kind, name: str, text: str, read: Callable[[Statistics], Samples], *labels: str) -> Row[Statistics]:
    return Row(Definition(f"{_PREFIX}_{name}", kind, text, labels), read)


MIRRORS: tuple[Row[Statistics], ...] = (
    _row(
        Kind.GAUGE,
        "mirror_state",
        "1 for the state of the copies from this host for a shadow on a server, else 0.",
        _states,
        *_SHADOW,
        "state",
    ),
    _row(
        Kind.GAUGE,
        "queue_messages",
        "Copies that wait on this host for a shadow.",
        _each(lambda one: one.queue_messages),
        *_SHADOW,
    ),
    _row(Kind.GAUGE, "queue_bytes", "Bytes of these copies.", _each(lambda one: one.queue_bytes), *_SHADOW),
    _row(
        Kind.GAUGE,
        "unconfirmed_bytes",
        "Bytes of copies that were sent to the router of a shadow, which has not handed them on yet.",
        _each(lambda one: one.unconfirmed_bytes),
        *_SHADOW,
    ),
    _row(
        Kind.COUNTER,
        "copied_messages_total",
        "Messages of this host that were copied for a shadow.",
        _each(lambda one: one.copied_total),
        *_SHADOW,
    ),
    _row(
        Kind.COUNTER,
        "conversations_total",
        "Conversations of the sample: whole, or by why they were cut or not begun.",
        _conversations,
        *_SHADOW,
        "outcome",
    ),
    _row(
        Kind.GAUGE,
        "fence_links",
        "Connections of a shadow of this host that are behind the fence.",
        _each_fence(lambda one: one.links),
        "service",
        "version",
    ),
    _row(
        Kind.GAUGE,
        "fence_by_unit",
        "1 where the router knows these by the unit of the shadow, 0 where by its process alone.",
        _each_fence(lambda one: one.by_unit),
        "service",
        "version",
    ),
    _row(
        Kind.COUNTER,
        "fence_discarded_total",
        "Lines that a shadow of this host said to somebody, and that were discarded.",
        _each_fence(lambda one: one.discarded_total),
        "service",
        "version",
    ),
    _row(
        Kind.COUNTER,
        "lines_discarded_total",
        "All such lines, also those of processes that have not registered.",
        lambda stats: samples_of(stats.shadow_lines_discarded_total),
    ),
)
