"""Services that read too slowly: what the shell is to do about them, and who is told of what it did; it measures nothing."""

from communicator.answers.services import Role
from communicator.router.cores.statistics import Statistics
from communicator.router.cores.voice import Voice
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.config import RouterConfig
from communicator.router.vocabulary.effects import Level, QueuePolicy, SetQueuePolicy
from communicator.router.vocabulary.events import LinesDropped
from communicator.router.vocabulary.registry import Link


def apply_queue_policy(voice: Voice, config: RouterConfig, link: Link) -> None:
    """Have a registered link dealt with as the ``.service`` file of its service says."""
    if link.registration is None:
        return
    policy = config.packaged_as(link.registration.service).queue
    if link.registration.role is Role.SHADOW:
        policy = QueuePolicy.DROP  # nobody ever waits for it
    if policy is not link.queue:
        link.queue = policy
        voice.ask(SetQueuePolicy(link.id, policy))


def tell_cut(voice: Voice, statistics: Statistics, link: Link, queued_bytes: int) -> None:
    """A link was cut with so much unread: count it, log it, and tell whoever wants to hear of it."""
    statistics.slow_consumers.add(link.name)
    statistics.dropped["slow_consumer"] += 1
    voice.notice(Level.WARNING, "slow_consumer_cut", client=link.name, queued_bytes=queued_bytes)
    if link.fence is None:  # of what is behind the fence nobody hears
        voice.tell_listeners("SLOW_CONSUMER", client=link.name, queued_bytes=str(queued_bytes))


def tell_dropped(board: Switchboard, event: LinesDropped) -> None:
    """Lines for a link were thrown away: each is counted, and the log hears of the 1st, 2nd, 4th, 8th … time."""
    board.statistics.dropped["slow_consumer"] += event.lines
    link = board.registry.links.get(event.link)
    if link is None:
        return
    link.drops += 1
    link.lines_dropped += event.lines
    if link.drops.bit_count() == 1:
        board.notice(Level.WARNING, "slow_consumer_dropped", client=link.name, lines=link.lines_dropped)
