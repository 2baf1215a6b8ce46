"""Shadows in all states beside a real primary, on its host and on a slow one far away; python -m tests.cluster.shadows."""
