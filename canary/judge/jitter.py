"""PURE: how far a span is moved so that servers do not act in step: by a hash of what it is for, not by chance; nothing else."""

import hashlib

from canary.records import CellKey

_BITS = 64


def spread(span_s: float, key: CellKey, number: int, share: float) -> float:
    """A span between ``1 - share`` and ``1 + share`` times of what it was; the same for the same arguments.

    Args:
        span_s: The span.
        key: Whose it is.
        number: The how-manieth, so that the next one is moved otherwise.
        share: How far, at most.
    """
    digest = hashlib.sha256("\0".join((*key, str(number))).encode()).digest()
    part = int.from_bytes(digest[: _BITS // 8], "big") / (1 << _BITS)
    return span_s * (1 + share * (2 * part - 1))
