"""Deployments on five real hosts with real troubles; python -m tests.canary.deployment.live."""
