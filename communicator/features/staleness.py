"""PURE: which feature flags may have outlived their purpose, by four rules that count by themselves; it changes no flag."""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from communicator.answers.features import Stale
from communicator.features.document import LASTING, about, is_one_sided

DAY_S = 86_400.0
ONE_SIDED_S = 14 * DAY_S
"""For how long a flag may give everybody the same, in seconds."""
UNUSED_S = 30 * DAY_S
"""For how long a flag may go without an evaluation, in seconds."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one flag; all times are seconds since 1970, in UTC."""

    flag: bytes | None
    """Its definition; None: nobody has defined it."""
    changed_s: float
    """Since when it is defined so; of one that is not defined: since when it is asked for."""
    off_since_s: float | None = None
    """Since when an order says that it be off; None: none does."""
    evaluated_s: float | None = None
    """When it was last evaluated anywhere; None: never since `counted_s`."""
    counted_s: float
    """Since when evaluations are counted: a count that began yesterday says nothing of last month."""


def stale(facts: Facts, now_s: float) -> tuple[Stale, ...]:
    """Why a flag may have outlived its purpose; empty: nothing says so.

    Args:
        facts: Of the flag.
        now_s: Seconds since 1970, in UTC.
    """
    if facts.flag is None:
        return (Stale("unknown", max(0.0, now_s - facts.changed_s), "services ask for it, and nobody has defined it"),)
    return (*_expired(facts.flag, now_s), *_one_sided(facts.flag, facts, now_s), *_never_evaluated(facts, now_s))


def _expired(flag: bytes, now_s: float) -> Iterator[Stale]:
    """A flag has expired from the beginning of its day on."""
    expires = about(flag).expires
    if expires:
        ago_s = now_s - datetime.fromisoformat(expires).replace(tzinfo=UTC).timestamp()
        if ago_s >= 0.0:
            yield Stale("expired", ago_s, f"its lifetime ended on {expires}")


def _one_sided(flag: bytes, facts: Facts, now_s: float) -> Iterator[Stale]:
    """Off everywhere counts: code that nobody reaches any more is as dead as code that everybody reaches is settled."""
    if about(flag).type in LASTING:
        return
    off_s = 0.0 if facts.off_since_s is None else now_s - facts.off_since_s
    same_s = now_s - facts.changed_s if is_one_sided(flag) else 0.0
    if max(off_s, same_s) >= ONE_SIDED_S:
        what = "it is off everywhere" if off_s >= same_s else "its definition gives everybody the same"
        yield Stale("one_sided", max(off_s, same_s), what)


def _never_evaluated(facts: Facts, now_s: float) -> Iterator[Stale]:
    unused_s = now_s - max(facts.changed_s, facts.counted_s if facts.evaluated_s is None else facts.evaluated_s)
    if unused_s >= UNUSED_S:
        yield Stale("never_evaluated", unused_s, "no service has evaluated it")
