"""A service that answers PING with PONG until Ctrl-C; run it, then run ping_once.py."""

import logging
import os

from communicator import Message, Service

ROUTER = os.environ.get("BELLWETHER_COMMUNICATOR", "cd://127.0.0.1:4040")

service = Service(ROUTER, "ping", service_version=os.environ.get("PING_VERSION", "1.0"))


@service.on("PING")
async def ping(message: Message) -> Message:
    """Answer whoever asked."""
    return Message("PONG", {"text": f"hello, {message.sender}"})


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    service.main()
