"""Seeded fuzzers of the readers and of the doors of a live router and exporter; they know the wire, not how those work inside."""
