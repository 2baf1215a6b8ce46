"""CLUSTER_GET_STATUS and its elders: a cluster of one host, which is up and complete by definition."""

from communicator.protocol.message import Message
from communicator.router.events import Instant
from communicator.router.registry import Link
from communicator.router.switchboard import Switchboard


def cluster_get_status(board: Switchboard, link: Link, _message: Message, _now: Instant) -> None:
    """CLUSTER_GET_STATUS: one question, one answer."""
    board.answer(
        link,
        "CLUSTER_CURRENT_STATUS",
        status="up",
        completeness="complete",
        neighbors_count="1",
        live_count="1",
        quorum="1",
        servers=board.config.server_name,
    )


def cluster_status(board: Switchboard, link: Link, _message: Message, _now: Instant) -> None:
    """CLUSTER_STATUS: the ancestor's question, answered by two messages to those who know them."""
    for command in ("CLUSTER_UP", "CLUSTER_COMPLETE"):
        if link.may_take_answer(command):
            board.say(link, Message(command, {"neighbors_count": "1"}, service="."))
