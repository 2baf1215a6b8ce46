import asyncio
import itertools
import random
from dataclasses import replace

import pytest

from communicator.protocol import HostPort
from timekeeper.pairs import RealtimeReading
from timekeeper.probes.epoch import EpochWatch
from timekeeper.probes.packet import PACKET_BYTES, Reply, decode, encode_reply, encode_request
from timekeeper.probes.prober import BURST, STRANGER, Target
from timekeeper.probes.result import ProbeResult
from timekeeper.probes.stamps import read_raw_ns, read_realtime

OFTEN_S = 0.05
"""A burst with its answers takes longer, so one follows the other."""
SELDOM_S = 3600.0


class Impostor:
    """Answers each request with what `answer` makes of it, from the address of a peer."""

    def __init__(self, door, seal, answer):
        self.door = door
        self.requests = []
        self._seal = seal
        self._answer = answer
        asyncio.get_running_loop().add_reader(door.socket, self._read)

    @property
    def address(self):
        return HostPort(*self.door.socket.getsockname())

    def _read(self):
        datagram = self.door.receive()
        request = decode(datagram.data, self._seal)
        self.requests.append((request, datagram.address))
        for packet in self._answer(request, len(self.requests)):
            self.door.send(packet, datagram.address)

    def close(self):
        asyncio.get_running_loop().remove_reader(self.door.socket)


@pytest.fixture
async def impostor(loopback):
    started = []

    async def start(answer):
        started.append(Impostor(await loopback.door(), loopback.seal, answer))
        return started[-1]

    yield start
    for one in started:
        one.close()


class Exchanges(list):
    """What a prober has measured."""

    def add(self, peer, exchange):
        self.append((peer, exchange))


@pytest.fixture
def exchanges():
    return Exchanges()


@pytest.fixture
def count(eventually):
    """Waits until a prober has counted so many results of one kind."""

    async def wait(prober, peer, result, at_least):
        async def results():
            return prober.results[peer]

        await eventually(results, lambda results: results[result] >= at_least)

    return wait


def honest(request, **changes):
    now_ns = read_raw_ns()
    reply = Reply("beta", request.nonce, request.seq, now_ns, now_ns + 9_000, 9, read_realtime(), "boot", 0)
    reply = replace(reply, reading=replace(reply.reading, raw_ns=now_ns), t3_ns=max(now_ns, read_raw_ns()))
    return replace(reply, **changes)


@pytest.mark.parametrize("kernel", [True, False])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_a_burst_becomes_exchanges(loopback, exchanges, eventually, kernel, host):
    listen = HostPort(host, 0)
    responder = await loopback.responder(listen=listen, kernel=kernel)
    prober = await loopback.prober(exchanges.add, listen=listen, kernel=kernel)
    before_ns = read_raw_ns()
    prober.follow({"beta": Target(responder.address, SELDOM_S / 1e6)})

    async def measured():
        return list(exchanges)

    burst = (await eventually(measured, lambda got: len(got) >= BURST))[:BURST]
    assert {peer for peer, _ in burst} == {"beta"}
    for _, exchange in burst:
        assert before_ns <= exchange.t1_ns
        assert exchange.delay_ns >= 0
        assert abs(exchange.ours.difference_ns - exchange.theirs.difference_ns) < 1_000_000
        assert exchange.peer_boot_id == loopback.boot_id
        assert (exchange.our_epoch, exchange.peer_epoch) == (prober._epochs.epoch, responder._epochs.epoch)
    starts_ns = [exchange.t1_ns for _, exchange in burst]
    gaps_ns = [later - earlier for earlier, later in itertools.pairwise(starts_ns)]
    assert min(gaps_ns) >= 9_000_000
    assert prober.results["beta"][ProbeResult.OK] == len(exchanges)
    assert prober.results[STRANGER].total() == 0


async def test_bursts_follow_each_other(loopback, exchanges, count):
    responder = await loopback.responder()
    prober = await loopback.prober(exchanges.add)
    prober.follow({"beta": Target(responder.address, OFTEN_S)})
    await count(prober, "beta", ProbeResult.OK, 2 * BURST + 1)
    assert prober.results["beta"][ProbeResult.LOST] == 0


async def test_what_gets_no_answer_is_lost(loopback, exchanges, impostor, count):
    silent = await impostor(lambda *_: [])
    prober = await loopback.prober(exchanges.add)
    prober.follow({"beta": Target(silent.address, OFTEN_S)})
    await count(prober, "beta", ProbeResult.LOST, BURST)
    assert exchanges == []


async def test_an_answer_after_that_is_late(loopback, exchanges, impostor, count):
    silent = await impostor(lambda *_: [])
    prober = await loopback.prober(exchanges.add)
    prober.follow({"beta": Target(silent.address, SELDOM_S / 1e6)})
    await count(prober, "beta", ProbeResult.LOST, BURST)
    request, where = silent.requests[0]
    for _ in range(2):
        silent.door.send(encode_reply(honest(request), loopback.seal), where)
    await count(prober, "beta", ProbeResult.DUPLICATE, 1)
    assert prober.results["beta"][ProbeResult.LATE] == 1
    assert exchanges == []


BAD_ANSWERS = {
    "empty": (lambda *_: b"", ProbeResult.MALFORMED),
    "truncated": (lambda request, seal: encode_reply(honest(request), seal)[:-1], ProbeResult.MALFORMED),
    "wrong key": (lambda request, seal: encode_reply(honest(request), replace(seal, key=b"other")), ProbeResult.KEY),
    "no seal": (lambda request, seal: encode_reply(honest(request), replace(seal, key=b"")), ProbeResult.KEY),
    "other cluster": (
        lambda request, seal: encode_reply(honest(request), replace(seal, cluster_id=bytes(8))),
        ProbeResult.CLUSTER,
    ),
    "reflected": (encode_request, ProbeResult.UNEXPECTED),
    "other nonce": (lambda request, seal: encode_reply(honest(request, nonce=bytes(8)), seal), ProbeResult.UNASKED),
    "other number": (lambda request, seal: encode_reply(honest(request, seq=0), seal), ProbeResult.UNASKED),
    "other host": (lambda request, seal: encode_reply(honest(request, sender="gamma"), seal), ProbeResult.PEER),
    "from the future": (lambda request, seal: encode_reply(honest(request, t2_ns=2**62), seal), ProbeResult.FUTURE),
    "clock read in the future": (
        lambda request, seal: encode_reply(honest(request, reading=RealtimeReading(0, 2**62, 0)), seal),
        ProbeResult.FUTURE,
    ),
    "clock read long ago": (
        lambda request, seal: encode_reply(honest(request, reading=RealtimeReading(0, 0, 0)), seal),
        ProbeResult.STALE,
    ),
    "held for too long": (
        lambda request, seal: encode_reply(honest(request, t3_ns=read_raw_ns() + 100 * 10**9), seal),
        ProbeResult.NEGATIVE_DELAY,
    ),
}


@pytest.mark.parametrize(("make", "result"), BAD_ANSWERS.values(), ids=BAD_ANSWERS)
async def test_a_bad_answer_is_counted_and_never_an_exchange(loopback, exchanges, impostor, count, make, result):
    bad = await impostor(lambda request, _: [make(request, loopback.seal)])
    prober = await loopback.prober(exchanges.add)
    prober.follow({"beta": Target(bad.address, OFTEN_S)})
    await count(prober, "beta", result, BURST)
    assert exchanges == []
    assert prober.results[STRANGER].total() == 0


async def test_fuzzed_and_replayed_answers_never_become_an_exchange(loopback, exchanges, impostor, count):
    chance = random.Random(4044)
    recorded = []

    def answer(request, number):
        good = encode_reply(honest(request), loopback.seal)
        damaged = []
        for _ in range(20):
            packet = bytearray(good)
            packet[chance.randrange(PACKET_BYTES)] ^= chance.randrange(1, 256)
            damaged.append(bytes(packet))
        replayed, recorded[:] = list(recorded), [*recorded[-3:], good]
        return [*damaged, chance.randbytes(PACKET_BYTES), *replayed, good][: None if number % 2 else -1]

    bad = await impostor(answer)
    prober = await loopback.prober(exchanges.add)
    prober.follow({"beta": Target(bad.address, OFTEN_S)})
    await count(prober, "beta", ProbeResult.LOST, 1)
    await count(prober, "beta", ProbeResult.DUPLICATE, 1)
    results = prober.results["beta"]
    # Each second answer is held back, and comes once as a replay: before the question is given up it is the first.
    assert results[ProbeResult.OK] == len(exchanges) <= len(bad.requests)
    assert len({exchange.t1_ns for _, exchange in exchanges}) == len(exchanges)
    assert all(exchange.delay_ns >= 0 for _, exchange in exchanges)


async def test_a_clock_that_broke_in_between_is_no_exchange(loopback, exchanges, count):
    """This host sleeps a second before each look."""
    epochs = EpochWatch(asleep_ns=itertools.count(step=1_000_000_000).__next__)
    responder = await loopback.responder()
    prober = await loopback.prober(exchanges.add, epochs=epochs)
    prober.follow({"beta": Target(responder.address, OFTEN_S)})
    await count(prober, "beta", ProbeResult.EPOCH, BURST)
    assert exchanges == []


async def test_strangers_are_counted_apart(loopback, exchanges, count):
    prober = await loopback.prober(exchanges.add)
    door = await loopback.door()
    for _ in range(40):
        door.send(b"?", prober._door.socket.getsockname())
    await count(prober, STRANGER, ProbeResult.MALFORMED, 40)


@pytest.mark.parametrize(
    ("host", "result"),
    [("no.such.host.invalid", ProbeResult.UNRESOLVED), ("::1", ProbeResult.UNRESOLVED)],
)
async def test_an_address_that_leads_nowhere(loopback, exchanges, count, host, result):
    prober = await loopback.prober(exchanges.add)
    prober.follow({"beta": Target(HostPort(host, 4044), OFTEN_S)})
    await count(prober, "beta", result, 2)


async def test_an_address_the_network_does_not_take(loopback, exchanges, count):
    prober = await loopback.prober(exchanges.add)
    prober.follow({"beta": Target(HostPort("255.255.255.255", 4044), OFTEN_S)})
    await count(prober, "beta", ProbeResult.UNSENT, BURST)
    assert prober.results["beta"][ProbeResult.LOST] == 0


async def test_peers_come_move_and_go(loopback, exchanges, impostor, count, eventually):
    first, second = await loopback.responder("beta"), await loopback.responder("gamma")
    silent = await impostor(lambda *_: [])
    prober = await loopback.prober(exchanges.add)
    prober.follow({"beta": Target(silent.address, SELDOM_S)})
    await eventually(requests_of(silent), lambda requests: len(requests) == BURST)

    # It moves, and is to be probed more often: that is not put off for an hour.
    prober.follow({"beta": Target(first.address, OFTEN_S)})
    await count(prober, "beta", ProbeResult.OK, 1)
    prober.follow({"beta": Target(first.address, OFTEN_S), "gamma": Target(second.address, OFTEN_S)})
    await count(prober, "gamma", ProbeResult.OK, 1)
    prober.follow({"gamma": Target(second.address, OFTEN_S)})
    assert set(prober.results) == {STRANGER, "gamma"}
    await count(prober, "gamma", ProbeResult.OK, 2 * BURST)
    assert [peer for peer, _ in exchanges[-BURST:]] == ["gamma"] * BURST

    # What is forgotten answers a stranger's question.
    request, where = silent.requests[0]
    silent.door.send(encode_reply(honest(request), loopback.seal), where)
    await count(prober, STRANGER, ProbeResult.UNASKED, 1)
    prober.follow({})
    assert set(prober.results) == {STRANGER}


def requests_of(impostor):
    async def requests():
        return impostor.requests

    return requests


async def test_targets_may_be_named_before_it_runs_and_dropped_again(loopback, exchanges):
    prober = await loopback.prober(exchanges.add)  # its task has not begun
    prober.follow({"beta": Target(HostPort("127.0.0.1", 9), SELDOM_S)})
    prober.follow({})
    prober.follow({"beta": Target(HostPort("127.0.0.1", 9), SELDOM_S)})
    assert set(prober.results) == {STRANGER, "beta"}


async def test_targets_named_before_it_runs_are_probed(loopback, exchanges, count):
    responder = await loopback.responder()
    prober = await loopback.prober(exchanges.add)
    prober.follow({"beta": Target(responder.address, OFTEN_S)})
    await count(prober, "beta", ProbeResult.OK, 1)


async def test_an_unchanged_target_is_not_probed_anew(loopback, exchanges, impostor, eventually):
    silent = await impostor(lambda *_: [])
    prober = await loopback.prober(exchanges.add)
    target = Target(silent.address, OFTEN_S)
    prober.follow({"beta": target})
    await eventually(requests_of(silent), lambda requests: len(requests) >= 2)
    rounds = prober._rounds["beta"]
    prober.follow({"beta": replace(target)})
    assert prober._rounds["beta"] is rounds
    assert not rounds.changed.is_set()
