"""Turns what the suite's daemons know into Prometheus metrics; it measures nothing itself.

- `collectors`: what each target answers, and the metrics made of it
- `web`: the HTTP server: who may ask, and what is answered
- `ofrep`: feature flags over HTTP, for services in any language
- `discovery`: service discovery for Prometheus
- `page`: the state of the cluster for a person
"""
