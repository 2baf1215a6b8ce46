"""PURE: how much one timekeeper tells of the clocks at most; a row that holds more is refused, and takes up nobody's time."""

FAULTS = 8
"""Kinds of faults that one host may have; there are fewer."""
SERVERS = 16
"""External servers that one host asks, at most: more than a handful prove nothing further."""
HOSTS = 1_000
"""Hosts that one row names in one list, at most: as many as a router remembers servers."""
REASONS = 32
"""Reasons in one list of a row, at most; there are fewer."""
UPSTREAMS = 64
"""Time sources in use that a claim names, at most."""
SOURCES = 256
"""Time sources of one daemon that are told one by one, at most."""
STATES = 16
"""States that a time source may be in, at most; there are fewer."""
COMPLAINT_CHARACTERS = 200
"""Of why an external server gave nothing, at most."""
