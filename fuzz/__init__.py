"""Seeded fuzzers of the readers and of a live router's doors; they know the wire, not how the router works inside."""
