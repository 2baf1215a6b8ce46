"""Turns what the suite's daemons know into Prometheus metrics; it measures nothing itself.

- `collectors`: what each target answers, and the metrics made of it
- `web`: the HTTP server: who may ask, and what is answered
- `discovery`: service discovery for Prometheus
- `page`: the state of the cluster for a person
"""
