"""PURE: why a service may be missing: a version of it that the policy keeps out, in one sentence; it asks nobody."""

from communicator.answers.policy import ALL
from communicator.answers.services import Block
from communicator.wording.releases import NO_VERSION
from communicator.wording.spans import moment, span


def sentence(block: Block, host: str, now_wall_s: float) -> str:
    """What is blocked, where and how long, with the command that explains it.

    Args:
        block: It.
        host: This one, to ask about a block of every host.
        now_wall_s: Seconds since the epoch.
    """
    version = block.version or NO_VERSION
    where, named = ("every host", host) if block.server == ALL else (block.server, block.server)
    scope = "/".join((named, block.service, version, *(() if block.build == ALL else (block.build,))))
    until = f"until {moment(now_wall_s + block.left_s, None)} ({span(block.left_s)})"
    return f"{block.service} {version} is blocked on {where} {until}: bellwether canary explain '{scope}'"
