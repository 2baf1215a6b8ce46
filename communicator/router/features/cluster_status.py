"""CLUSTER_GET_STATUS and its elders: how many routers there are, how many are reached, and whether that is a quorum."""

from communicator.protocol.message import Message
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.effects import Keep, KeptFile, Level
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.registry import Link

MISSING_TOLD = 100
"""Missing routers named in one answer; the others are in CLUSTER_GRAPH."""


def cluster_get_status(board: Switchboard, link: Link, _message: Message, _now: Instant) -> None:
    """CLUSTER_GET_STATUS: one question, one answer."""
    board.answer(link, "CLUSTER_CURRENT_STATUS", **_answer(board))


def cluster_status(board: Switchboard, link: Link, _message: Message, _now: Instant) -> None:
    """CLUSTER_STATUS: the ancestor's question, answered by two messages to those who know them."""
    status = _answer(board)
    for command in _elder_words(status):
        if link.may_take_answer(command):
            board.say(link, Message(command, {"neighbors_count": status["neighbors_count"]}, service="."))


def measure_cluster(board: Switchboard) -> dict[str, str]:
    """The state of the cluster as CLUSTER_CURRENT_STATUS tells it.

    As in the ancestor a cluster is up while more than half of all known routers are reached, and complete when all are; unlike
    there, only those count as reached to whom a way leads that is really up.
    """
    reached = board.carrier.reachable()
    count = max(board.mesh.book.count, 1 + len(reached))
    live, quorum = 1 + len(reached), count // 2 + 1
    missing = [member.server or member.address for member in board.mesh.book.members() if member.server not in reached]
    told = {
        "status": "up" if live >= quorum else "down",
        "completeness": "complete" if live == count else "incomplete",
        "neighbors_count": str(count),
        "live_count": str(live),
        "quorum": str(quorum),
        "servers": ",".join(sorted((board.config.server_name, *reached))),
    }
    return told | ({"missing": ",".join(sorted(missing)[:MISSING_TOLD])} if missing else {})


def _answer(board: Switchboard) -> dict[str, str]:
    """The state of the cluster for one who asks, which may be newer than what all were told."""
    status = measure_cluster(board)
    board.cluster_news.answer(status)
    return status


def settle_status(board: Switchboard) -> None:
    """Tell everyone who listens, and the disk, when the state of the cluster is another than was told or answered last."""
    board.mesh.status.set(None)
    status, before = measure_cluster(board), board.cluster_news.told
    believed = board.cluster_news.settle(status)
    words = _elder_words(status)
    if not before or words != _elder_words(before):
        board.ask(Keep(KeptFile.CLUSTER_STATUS, "".join(f"{word}\n" for word in words)))
    if believed:
        board.tell_listeners("CLUSTER_CURRENT_STATUS", **status)
    if any(_elder_words(one) != words for one in believed):
        _tell_change(board, status, words)


def _tell_change(board: Switchboard, status: dict[str, str], words: tuple[str, str]) -> None:
    """The cluster has come up or gone down, or has become complete or incomplete."""
    is_up = status["status"] == "up"
    board.notice(
        Level.INFO if is_up else Level.ERROR,
        "cluster_changed",
        status=status["status"],
        completeness=status["completeness"],
        live=status["live_count"],
        of=status["neighbors_count"],
    )
    for command in words:
        board.tell_listeners(command, neighbors_count=status["neighbors_count"])


def _elder_words(status: dict[str, str]) -> tuple[str, str]:
    """The ancestor's two words for it."""
    return (
        "CLUSTER_UP" if status["status"] == "up" else "CLUSTER_DOWN",
        "CLUSTER_COMPLETE" if status["completeness"] == "complete" else "CLUSTER_INCOMPLETE",
    )
