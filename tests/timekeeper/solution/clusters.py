"""Small clusters for the tests, made from the offsets of their clocks."""

from itertools import combinations

from timekeeper.solution import HostClaim, Measurement


def measured(source, target, offset_s, bound_s=0.0001, **others):
    return Measurement(
        **{"source": source, "target": target, "offset_s": offset_s, "bound_s": bound_s}
        | {"rtt_s": 2 * bound_s, "age_s": 1.0, "via": "probe"}
        | others
    )


def mesh(clocks, bound_s=0.0001, pairs=None, **others):
    """Every pair, or those given, measured exactly, with a bound."""
    return [
        measured(first, second, clocks[second] - clocks[first], bound_s, **others)
        for first, second in pairs or combinations(sorted(clocks), 2)
    ]


def claimed(host, bound_s=0.002, upstreams=None, **others):
    return HostClaim(
        **{"host": host, "state": "synchronized", "offset_s": 0.0, "bound_s": bound_s, "daemon": "chronyd"}
        | {"upstreams": frozenset(upstreams or {f"server of {host}"})}
        | {"age_s": 1.0, "boot_id": "1"}
        | others
    )


def claims_of(clocks, bound_s=0.002, **others):
    return [claimed(host, bound_s, **others) for host in clocks]
