"""Turns what the suite's daemons know into Prometheus metrics; it measures nothing itself."""
