"""What a message pays for the way over other servers: the rate over one hop beside the local one, and nothing lost over three."""

from dataclasses import dataclass

from benchmarks.clusters import Linked
from benchmarks.load import Party
from benchmarks.measure import Load, Rate, cpu_s, measure_rate
from benchmarks.numbered import CheckPlan, NumberedPlan, Tally
from benchmarks.shapes import make_line
from benchmarks.workers import Workers


@dataclass(frozen=True, slots=True)
class HopRates:
    """Rates taken in turn: within one server, and from it to the next."""

    local: list[Rate]
    hop: list[Rate]

    def take(self, linked: Linked, load: Load, workers: Workers) -> None:
        """Take both once more."""
        self.local.append(measure_rate(linked.first, load, workers))
        self.hop.append(measure_rate(linked.first, load, workers, linked.far))


@dataclass(frozen=True, slots=True)
class Chain:
    """What was found of numbered messages on their way over several routers."""

    hops: int
    sent: int
    line_bytes: int
    tally: Tally
    cpu_us: tuple[float, ...]
    """Processor time of each router on the way for each message that arrived."""

    @property
    def per_s(self) -> float:
        """Messages a second."""
        return self.tally.received / self.tally.elapsed_s if self.tally.elapsed_s else 0.0


def measure_chain(line: Linked, count: int, line_bytes: int, workers: Workers) -> Chain:
    """Send numbered messages from a service at the first router to one at the last.

    Args:
        line: The routers.
        count: How many messages.
        line_bytes: The size of each, its newline included.
        workers: The load processes.

    Raises:
        BenchmarkError: The routers do not take the services in, or a link ended.
    """
    first, last, sender, receiver = line.first, line.far.server, Party("sender_0"), Party("receiver_0", ("receiver_0",))
    sent = make_line(receiver.name, line_bytes)
    delivered = last.dialect.delivered(sender.name, receiver.name, sent)
    workers.receivers.tell(CheckPlan(last.addresses["tcp"], last.dialect, receiver, delivered, count))
    workers.receivers.answer()
    line.far.await_topic(receiver.name)
    before_s = [cpu_s(server.pid) for server in line.servers]
    workers.senders.tell(NumberedPlan(first.addresses["tcp"], first.dialect, sender, sent, count))
    workers.senders.answer()
    try:
        tally: Tally = workers.receivers.answer()
    finally:
        workers.senders.tell("close")
    used_s = [cpu_s(server.pid) - before for server, before in zip(line.servers, before_s, strict=True)]
    cpu_us = tuple(1e6 * used / max(1, tally.received) for used in used_s)
    return Chain(len(line.servers) - 1, count, line_bytes, tally, cpu_us)
