"""Who waits for whom, with real links over socket pairs and a clock the test turns."""

import asyncio
import socket

import pytest

from communicator.daemon.back_pressure import BackPressure, water_marks
from communicator.daemon.link import Link
from communicator.daemon.settings import LimitsSettings
from communicator.router.vocabulary.events import CloseReason, LinkKind


class Owner:
    """Hears what happens on links."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, bytes]] = []
        self.closed: list[int] = []
        self.news = asyncio.Event()

    def lines_received(self, link, lines):
        self.lines.append((link.number, lines))
        self.news.set()

    def link_closed(self, link):
        self.closed.append(link.number)
        self.news.set()

    def line_too_long(self, link, limit_bytes): ...
    def link_ended(self, link): ...
    def fell_behind(self, link): ...
    def caught_up(self, link): ...


def ignore(_link): ...


@pytest.fixture
async def owner():
    return Owner()


@pytest.fixture
async def make_link(owner):
    opened = []

    async def make(number: int, kind: LinkKind = LinkKind.UNIX) -> tuple[Link, socket.socket]:
        ours, theirs = socket.socketpair()
        link = Link(number, kind, lambda _: None, owner, LimitsSettings(), bytearray(4096))
        await asyncio.get_running_loop().create_unix_connection(lambda: link, sock=ours)
        opened.append((link, theirs))
        return link, theirs

    yield make
    for link, theirs in opened:
        link.cut(CloseReason.DRAIN)
        theirs.close()
    await asyncio.sleep(0)


async def _heard(owner: Owner) -> list[tuple[int, bytes]]:
    await asyncio.wait_for(owner.news.wait(), 60)
    owner.news.clear()
    return owner.lines


async def test_a_producer_waits_for_all_its_slow_consumers(owner, make_link):
    now = [100.0]
    pressure = BackPressure(3600, lambda: now[0], ignore)
    (producer, wire), (first, _), (second, _) = [await make_link(number) for number in (1, 2, 3)]
    (other, other_wire) = await make_link(4)
    for consumer in (first, second, first):
        pressure.wait_for(consumer, producer)
    wire.send(b"held\n")
    other_wire.send(b"passes\n")
    assert await _heard(owner) == [(other.number, b"passes\n")]
    now[0] += 2
    pressure.caught_up(first)
    assert pressure.total_stall_s == 2
    other_wire.send(b"again\n")
    assert (await _heard(owner))[-1] == (4, b"again\n")
    now[0] += 1
    pressure.forget(second)
    assert (await _heard(owner))[-1] == (1, b"held\n")
    now[0] += 10
    assert pressure.total_stall_s == 3


async def test_a_consumer_out_of_time_is_cut(owner, make_link):
    pressure = BackPressure(0.01, lambda: 0.0, ignore)
    consumer, _ = await make_link(1)
    pressure.wait_for(consumer, None)
    await asyncio.wait_for(owner.news.wait(), 60)
    assert owner.closed == [1]
    assert consumer.close_reason is CloseReason.SLOW
    pressure.forget(consumer)


class Measured(BackPressure):
    """Keeps how long the stall that began last may go on."""

    def _open(self, consumer):
        self.allowed_s = super()._open(consumer)
        return self.allowed_s


async def _trickle(pressure: Measured, now: list[float], consumer: Link, *, stall_s: float, between_s: float) -> int:
    """Stall and catch up again and again; how often until the consumer is cut, at most 100 times."""
    for times in range(100):
        pressure.wait_for(consumer, None)
        if pressure.allowed_s <= stall_s:
            pressure.caught_up(consumer)
            return times
        now[0] += stall_s
        pressure.caught_up(consumer)
        now[0] += between_s
    return 100


@pytest.mark.parametrize(
    ("stall_s", "between_s", "times"),
    [
        (5.0, 0.0, 0),  # in one go
        (4.9, 0.1, 1),
        (1.0, 0.1, 6),  # 0.75 s each of 5: a stall adds up
        (1.0, 8.0, 100),  # and is forgiven at a tenth of the time
        (0.2, 0.0, 100),  # who reads on is used, not asleep
    ],
)
async def test_many_small_stalls_add_up(make_link, stall_s, between_s, times):
    now = [100.0]
    pressure = Measured(5.0, lambda: now[0], ignore)
    consumer, _ = await make_link(1)
    assert await _trickle(pressure, now, consumer, stall_s=stall_s, between_s=between_s) == times


async def test_a_consumer_whose_time_is_used_up_is_cut_at_its_next_stall(owner, make_link):
    now = [100.0]
    pressure = BackPressure(3600, lambda: now[0], ignore)
    consumer, _ = await make_link(1)
    pressure.wait_for(consumer, None)
    now[0] += 4000
    pressure.caught_up(consumer)
    pressure.wait_for(consumer, None)
    await asyncio.wait_for(owner.news.wait(), 60)
    assert consumer.close_reason is CloseReason.SLOW
    pressure.forget(consumer)


async def test_who_begins_or_ceases_to_be_stalled_is_told_once(make_link):
    told: list[tuple[int, bool]] = []
    pressure = BackPressure(3600, lambda: 0.0, lambda link: told.append((link.number, pressure.stalls(link))))
    (producer, _), (first, _), (second, _) = [await make_link(number) for number in (1, 2, 3)]
    for consumer in (first, second, first):
        pressure.wait_for(consumer, producer)
    pressure.caught_up(first)
    assert told == [(1, True)]
    pressure.caught_up(second)
    assert told == [(1, True), (1, False)]


async def test_a_producer_that_is_gone_is_forgotten(make_link):
    pressure = BackPressure(3600, lambda: 0.0, ignore)
    (producer, _), (consumer, _) = [await make_link(number) for number in (1, 2)]
    pressure.wait_for(consumer, producer)
    pressure.forget(producer)
    pressure.caught_up(consumer)
    assert pressure.total_stall_s == 0


async def test_a_service_of_another_host_waits_like_one_of_this_host(owner, make_link):
    pressure = BackPressure(3600, lambda: 0.0, ignore)
    remote, wire = await make_link(1, LinkKind.REMOTE)
    consumer, _ = await make_link(2)
    pressure.wait_for(consumer, remote)
    wire.send(b"held\n")
    assert pressure.stalls(remote)
    assert not owner.lines
    pressure.caught_up(consumer)
    assert await _heard(owner) == [(1, b"held\n")]


@pytest.mark.parametrize(("queue_bytes", "high"), [(16 * 2**20, 2**20), (2**20, 2**18)])
def test_the_high_mark_is_well_below_the_bound(queue_bytes, high):
    assert water_marks(queue_bytes) == (high, high // 4)


async def test_a_router_waits_for_a_service_a_hundredth_of_the_time_it_waits_for_another_router(make_link):
    pressure = BackPressure(3600, lambda: 0.0, ignore)
    (router, _), (other, _) = [await make_link(number, LinkKind.REMOTE) for number in (1, 2)]
    (service, _) = await make_link(3)
    router.leads_to_router = other.leads_to_router = True
    loop = asyncio.get_running_loop()
    for consumer, patience_s in ((service, 36), (other, 3600)):
        before_s = loop.time()
        pressure.wait_for(consumer, router)
        assert pressure.stalls(router)
        began_s = pressure._patience[consumer].when() - patience_s
        assert before_s - 0.002 <= began_s <= loop.time() + 0.002, "but for the milliseconds that uvloop counts"
        pressure.caught_up(consumer)
        assert not pressure.stalls(router)


async def test_a_service_that_reads_too_slowly_for_a_router_to_wait_is_still_behind(make_link):
    released = asyncio.Event()

    def changed(link):
        if link is router and not pressure.stalls(router):
            released.set()

    pressure = BackPressure(20, lambda: 0.0, changed)
    router, _ = await make_link(1, LinkKind.REMOTE)
    (service, _), (producer, _) = [await make_link(number) for number in (2, 3)]
    router.leads_to_router = True
    pressure.wait_for(service, router)
    pressure.wait_for(service, producer)
    await asyncio.wait_for(released.wait(), 60)
    pressure.wait_for(service, router)
    assert (pressure.stalls(router), pressure.stalls(producer)) == (False, True)
    assert service in pressure._deadlines
    pressure.caught_up(service)
    pressure.wait_for(service, router)
    assert pressure.stalls(router)
    pressure.caught_up(service)


async def test_a_service_waits_for_a_router_as_long_as_it_takes_and_other_routers_no_longer_than_the_limit(
    make_link,
):
    released = asyncio.Event()
    pressure = BackPressure(0.01, lambda: 0.0, lambda _: None if pressure.stalls(router) else released.set())
    (router, _), (other, _) = [await make_link(number, LinkKind.REMOTE) for number in (1, 2)]
    (service, _) = await make_link(3)
    router.leads_to_router = other.leads_to_router = True
    pressure.wait_for(other, router)
    pressure.wait_for(other, service)
    await asyncio.wait_for(released.wait(), 60)
    pressure.wait_for(other, router)  # it has waited long enough this time
    assert (pressure.stalls(router), pressure.stalls(service)) == (False, True)
    assert not other.closing
    pressure.caught_up(other)
    assert not pressure.stalls(service)
    pressure.wait_for(other, router)
    assert pressure.stalls(router)
