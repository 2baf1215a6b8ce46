"""A page of the services that a router knows, as it says it."""

import json

from communicator.protocol import Message

PRINTER = {
    "server": "alpha",
    "service": "printer",
    "version": "1.2",
    "build": "",
    "role": "standby",
    "state": "up",
    "up_since": 1000,
    "address": "10.0.0.5:4042",
    "pid": 4711,
    "boot_id": "b",
    "metrics_port": None,
    "probe_port": None,
    "commands": ["PRINT", "STOP"],
}


def page(services, **parameters):
    """The answer, with what else stands in it."""
    return Message("SERVICES", {"services": json.dumps(services), **parameters})
