"""The library a service links: clients and services of a router, for asyncio and for scripts; it knows nothing of the daemon."""

from communicator.client.blocking import BlockingClient
from communicator.client.checks import Checks
from communicator.client.client import Client
from communicator.client.outbox import Outbox
from communicator.client.service import Service
from communicator.client.signal_port import send_signal
from communicator.client.status import Blocked, ClockStatus, ClusterStatus

__all__ = [
    "Blocked",
    "BlockingClient",
    "Checks",
    "Client",
    "ClockStatus",
    "ClusterStatus",
    "Outbox",
    "Service",
    "send_signal",
]
