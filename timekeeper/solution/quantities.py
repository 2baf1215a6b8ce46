"""PURE: spans of time as people read them; it does not know what they tell."""

_MILLI_S, _MICRO_S = 1e-3, 1e-6
_LEAST_S = 1e-9


def tell_span(span_s: float) -> str:
    """A span of time with three digits and the unit that suits it; its sign is dropped."""
    span_s = abs(span_s)
    if span_s >= 0.9995:  # noqa: PLR2004 - what would be rounded to 1000 ms
        return f"{span_s:.3g} s" if span_s < 1000 else f"{span_s:.0f} s"  # noqa: PLR2004 - no exponents
    if span_s >= 0.9995 * _MILLI_S:
        return f"{span_s / _MILLI_S:.3g} ms"
    return f"{span_s / _MICRO_S:.3g} µs" if span_s >= _LEAST_S else "0 µs"


def tell_direction(offset_s: float) -> str:
    """How far ahead or behind a clock is."""
    return f"{tell_span(offset_s)} {'ahead of' if offset_s >= 0 else 'behind'}"


def tell_names(names: tuple[str, ...], most: int = 4) -> str:
    """Some names, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
