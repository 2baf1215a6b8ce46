import itertools
import random
from dataclasses import replace

import pytest

from communicator.protocol import HostPort
from timekeeper.probes.epoch import EpochWatch
from timekeeper.probes.kernel_stamp import Stamp
from timekeeper.probes.packet import PACKET_BYTES, Reply, Request, Seal, decode, encode_reply, encode_request
from timekeeper.probes.responder import ANSWERS_A_SECOND, ANSWERS_AT_ONCE, DATAGRAMS_A_TURN
from timekeeper.probes.result import ProbeResult
from timekeeper.probes.stamps import Datagram, read_raw_ns, read_realtime

REQUEST = Request("alpha", b"12345678", 7)


class Asker:
    """Sends bytes to a responder, and waits for what comes back."""

    def __init__(self, responder, door, eventually, host=None):
        self._where = (host or responder.address.host, responder.address.port)
        self._responder = responder
        self._door = door
        self._eventually = eventually

    async def send(self, *packets):
        """Send all, and wait until the responder has seen them all."""
        seen = self._responder.results.total() + len(packets)
        for packet in packets:
            assert self._door.send(packet, self._where)

        async def count():
            return self._responder.results.total()

        await self._eventually(count, lambda total: total >= seen)

    def receive_all(self):
        return [datagram.data for datagram in iter(self._door.receive, None)]


@pytest.fixture
async def asking(loopback, eventually):
    async def start(**options):
        responder = await loopback.responder(**options)
        return responder, Asker(responder, await loopback.door(), eventually)

    return start


@pytest.mark.parametrize("kernel", [True, False])
async def test_a_request_is_answered(asking, loopback, kernel):
    responder, asker = await asking(kernel=kernel)
    before_ns = read_raw_ns()
    await asker.send(encode_request(REQUEST, loopback.seal))
    [data] = asker.receive_all()
    reply = decode(data, loopback.seal)
    assert (reply.sender, reply.nonce, reply.seq) == ("beta", REQUEST.nonce, REQUEST.seq)
    assert reply.boot_id == loopback.boot_id
    assert reply.epoch == responder._epochs.epoch
    assert before_ns - reply.t2_error_ns <= reply.t2_ns <= reply.reading.raw_ns <= reply.t3_ns <= read_raw_ns()
    assert responder.results == {ProbeResult.OK: 1}


@pytest.mark.parametrize("host", ["::1", "::", "0.0.0.0"])
async def test_over_either_protocol(asking, loopback, eventually, host):
    responder, _ = await asking(listen=HostPort(host, 0))
    door = await loopback.door(HostPort("::1" if ":" in host else "127.0.0.1", 0))
    door.send(encode_request(REQUEST, loopback.seal), (door.socket.getsockname()[0], responder.address.port))

    async def receive():
        return door.receive()

    datagram = await eventually(receive, lambda answer: answer is not None)
    assert isinstance(decode(datagram.data, loopback.seal), Reply)


@pytest.mark.parametrize(("listen", "family"), [("0.0.0.0", ""), ("::", "::ffff:")])
async def test_the_answer_comes_from_the_address_that_was_asked(asking, loopback, eventually, listen, family):
    responder, _ = await asking(listen=HostPort(listen, 0))
    door = await loopback.door(HostPort(f"{family}127.0.0.9", 0))
    asked = (f"{family}127.0.0.5", responder.address.port)
    door.send(encode_request(REQUEST, loopback.seal), asked)

    async def receive():
        return door.receive()

    answer = await eventually(receive, lambda answer: answer is not None)
    assert answer.address[:2] == asked


async def test_the_epoch_is_that_of_the_moment(asking, loopback):
    """This host sleeps a second before each look."""
    epochs = EpochWatch(asleep_ns=itertools.count(step=1_000_000_000).__next__)
    begun = epochs.epoch
    _, asker = await asking(epochs=epochs)
    await asker.send(encode_request(REQUEST, loopback.seal))
    assert decode(asker.receive_all()[0], loopback.seal).epoch == epochs.epoch > begun


def a_reply(seal):
    request = Request("gamma", bytes(8), 1)
    reading = read_realtime()
    return encode_reply(Reply("gamma", request.nonce, 1, 1, 2, 3, reading, "", 0), seal)


@pytest.mark.parametrize(
    ("make", "result"),
    [
        (lambda _: b"", ProbeResult.MALFORMED),
        (lambda seal: encode_request(REQUEST, seal)[:-1], ProbeResult.MALFORMED),
        (lambda seal: encode_request(REQUEST, seal) * 4, ProbeResult.MALFORMED),
        (lambda seal: encode_request(REQUEST, replace(seal, key=b"wrong")), ProbeResult.KEY),
        (lambda seal: encode_request(REQUEST, replace(seal, key=b"")), ProbeResult.KEY),
        (lambda seal: encode_request(REQUEST, replace(seal, cluster_id=bytes(8))), ProbeResult.CLUSTER),
        (a_reply, ProbeResult.UNEXPECTED),
    ],
)
async def test_what_is_no_request_is_counted_and_not_answered(asking, loopback, make, result):
    responder, asker = await asking()
    await asker.send(make(loopback.seal))
    assert responder.results == {result: 1}
    await asker.send(encode_request(REQUEST, loopback.seal))
    assert len(asker.receive_all()) == 1


async def test_nothing_a_stranger_sends_ends_it(asking, loopback):
    responder, asker = await asking()
    chance = random.Random(4044)
    good = encode_request(REQUEST, loopback.seal)
    for _ in range(40):
        garbage = [chance.randbytes(chance.randrange(2 * PACKET_BYTES)) for _ in range(10)]
        damaged = [bytearray(good) for _ in range(10)]
        for packet in damaged:
            packet[chance.randrange(PACKET_BYTES)] ^= 1 << chance.randrange(8)
        await asker.send(*garbage, *damaged)
    assert responder.results[ProbeResult.OK] == 0
    assert asker.receive_all() == []
    await asker.send(good)
    assert len(asker.receive_all()) == 1


@pytest.mark.parametrize(("asker_host", "other_host"), [("127.0.0.1", "127.0.0.2"), ("::1", "::ffff:127.0.0.1")])
async def test_who_asks_too_often_is_limited(loopback, eventually, asker_host, other_host):
    """The loop is not run between, so that however slow this machine is, it is asked more often than it answers."""
    responder = await loopback.responder(listen=HostPort("::" if ":" in asker_host else "0.0.0.0", 0))
    doors = [await loopback.door(HostPort(host, 0)) for host in (asker_host, other_host)]
    asker, other = (Asker(responder, door, eventually, door.socket.getsockname()[0]) for door in doors)
    request = encode_request(REQUEST, loopback.seal)
    answers, began_ns = 0, read_raw_ns()
    while not responder.results[ProbeResult.LIMITED]:
        assert asker._door.send(request, asker._where)
        responder._take_turn()
        answers += len(asker.receive_all())
    elapsed_s = (read_raw_ns() - began_ns) / 1e9
    assert answers == responder.results[ProbeResult.OK]
    assert ANSWERS_AT_ONCE <= answers <= ANSWERS_AT_ONCE + ANSWERS_A_SECOND * elapsed_s
    assert other._door.send(request, other._where)
    responder._take_turn()
    assert responder.results[ProbeResult.OK] == answers + 1, "another address has its own allowance"


async def test_a_stranger_cannot_use_up_the_allowance_of_an_address(asking, loopback):
    responder, asker = await asking()
    forged = encode_request(REQUEST, Seal(loopback.seal.cluster_id, b"guessed"))
    for _ in range(30):
        await asker.send(*[forged] * 20)
    await asker.send(encode_request(REQUEST, loopback.seal))
    assert responder.results == {ProbeResult.KEY: 600, ProbeResult.OK: 1}


async def test_a_turn_is_bounded(asking, loopback):
    """The loop is not run between: what waits is more than one turn takes."""
    responder, asker = await asking()
    for _ in range(DATAGRAMS_A_TURN + 5):
        asker._door.send(encode_request(REQUEST, loopback.seal), asker._where)
    responder._take_turn()
    assert responder.results == {ProbeResult.OK: DATAGRAMS_A_TURN}


async def test_an_answer_that_the_network_does_not_take(asking, loopback):
    responder, _ = await asking()
    request = encode_request(REQUEST, loopback.seal)
    datagram = Datagram(request, ("255.255.255.255", 9), Stamp(read_raw_ns(), 0), [])  # nobody may send there
    assert responder._handle(datagram) is ProbeResult.UNSENT


async def test_a_closed_one_answers_no_more(asking, loopback):
    responder, asker = await asking()
    where = asker._where
    responder.close()
    asker._door.send(encode_request(REQUEST, loopback.seal), where)
    assert responder.results == {}
    assert asker.receive_all() == []
