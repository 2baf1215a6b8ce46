"""Asks the service of ping_service.py once, and prints its answer."""

import os
import sys

from communicator import BlockingClient, Message
from communicator.errors import BellwetherError

ROUTER = os.environ.get("BELLWETHER_COMMUNICATOR", "cd://127.0.0.1:4040")

if __name__ == "__main__":
    try:
        with BlockingClient(ROUTER, "ping_once") as client:
            print(client.request(Message("PING", service="ping"), "PONG").get("text"))
    except BellwetherError as error:
        sys.exit(str(error))
