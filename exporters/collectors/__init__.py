"""PURE: what each target of the exporter answers, and which metrics that makes."""
