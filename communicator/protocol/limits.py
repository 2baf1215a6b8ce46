"""Bounds of the wire format, each with its reason; what a daemon allows beyond them is its configuration."""

LINE_BYTES = 64 * 1024
"""Default bound of a line: what services send. Larger data belongs into a file or a database."""

LINE_BYTES_AT_ONCE = 32 * 1024
"""What of a line a router reads at once: half a millisecond's work if it is full of escapes."""

LINE_BYTES_HARD = 1024 * 1024
"""No line is ever longer: the bound of the answers of the suite, which are paged to fit."""

LINE_BYTES_SENT = LINE_BYTES_HARD - 1024
"""What a service may be allowed to send at most: the router writes the sender's name in front."""

DATAGRAM_BYTES = 1024
"""The ancestor reads at most this much of a datagram."""

TOKEN_CHARACTERS = 128
"""Server, service, command and parameter names: far above any real one, small enough to keep many."""

PARAMETERS = 256
"""Parameters of one message: the largest message of the suite has 12."""
