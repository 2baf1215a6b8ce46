import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from communicator.protocol import HostPort
from timekeeper.discipline import NoAnswer
from timekeeper.probes.stamps import read_realtime
from timekeeper.references.answer import Answer, Fault, Rejection, Sample
from timekeeper.references.ask import Asker, _identity
from timekeeper.references.sanity import check

MS = 1_000_000
PATIENT_S = 40.0
"""For an answer that comes at once, on a machine where it may wait for its turn; who knows no such host may take as long."""


@pytest.fixture
def executor():
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.fixture
def busy(executor):
    """Holds the thread, like a resolver that hangs, until it is set."""
    event = threading.Event()
    executor.submit(event.wait)
    yield event
    event.set()


async def ask(executor, address, timeout_s=PATIENT_S):
    return await Asker(address, executor, read_realtime).ask(timeout_s)


@pytest.mark.parametrize("ahead_s", [0.0, 0.25, -3600.0])
async def test_an_answer_tells_how_far_true_time_is(fake_server, executor, ahead_s):
    server = await fake_server(ahead_s)
    answer = await ask(executor, server.address)
    assert (answer.server, answer.stratum, answer.leap, answer.mode) == (str(server.address), 1, 0, 4)
    sample = check(answer)
    difference_ns = read_realtime().difference_ns
    assert abs(sample.true_minus_raw_ns - difference_ns - ahead_s * 1e9) <= sample.error_ns + MS
    assert server.asked == 1


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"leap": 3}, Rejection(Fault.UNSYNCHRONIZED)),
        ({"mode": 3}, Rejection(Fault.NOT_A_SERVER)),
        ({"stratum": 16}, Rejection(Fault.STRATUM)),
        ({"received": 0}, Rejection(Fault.ZERO_TIME)),
        ({"sent": 0}, Rejection(Fault.ZERO_TIME)),
        ({"origin": 0}, Rejection(Fault.OTHER_QUESTION)),
        ({"origin": 1 << 60}, Rejection(Fault.OTHER_QUESTION)),
        ({"stratum": 0, "reference_id": b"DENY"}, Rejection(Fault.KISS, "DENY")),
        ({"updated": 2**64 - 1}, Rejection(Fault.UPDATED_LATER)),
    ],
)
async def test_bad_answers_fail_their_test(fake_server, executor, changes, expected):
    server = await fake_server(**changes)
    assert check(await ask(executor, server.address)) == expected


async def test_a_server_that_does_not_tell_when_it_was_set(fake_server, executor):
    server = await fake_server(updated=0)
    answer = await ask(executor, server.address)
    assert answer.updated_ns is None
    assert isinstance(check(answer), Sample)


async def test_a_short_packet_is_no_answer(fake_server, executor):
    server = await fake_server(bytes=47)
    assert await ask(executor, server.address) == NoAnswer(f"{server.address}: Invalid NTP packet")


async def test_a_silent_server(fake_server, executor):
    server = await fake_server(silent=True)
    answer = await ask(executor, server.address, timeout_s=0.05)
    assert str(server.address) in answer.reason


async def test_a_server_has_a_name_and_addresses(fake_server, executor):
    server = await fake_server()
    port = server.address.port
    answer = await ask(executor, HostPort("localhost", port))
    assert {f"localhost:{port}", f"127.0.0.1:{port}"} <= answer.identities
    assert check(answer).identities == answer.identities


def test_an_identity_is_what_time_daemons_call_a_server():
    assert _identity("192.0.2.1", 123) == "192.0.2.1"
    assert _identity("2001:db8::1", 1230) == "[2001:db8::1]:1230"


@pytest.mark.parametrize("host", ["no.such.host.invalid", "255.255.255.255", "a..b"])
async def test_an_address_that_cannot_be_asked(executor, host):
    answer = await ask(executor, HostPort(host, 123), PATIENT_S)
    assert answer.reason.startswith(f"{host}:123 cannot be asked: ")


@pytest.mark.usefixtures("busy")
async def test_a_question_that_is_given_up_holds_its_thread_and_no_other(fake_server, executor):
    server = await fake_server()
    asker = Asker(server.address, executor, read_realtime)
    assert await asker.ask(0.01) == NoAnswer(f"{server.address} did not answer in 0.01 s")
    assert await asker.ask(0.01) == NoAnswer(f"the last question to {server.address} is still open")
    assert server.asked == 0


async def test_a_question_that_ended_late_makes_room_for_the_next(fake_server, executor, busy, eventually):
    server = await fake_server()
    asker = Asker(server.address, executor, read_realtime)
    await asker.ask(0.01)
    busy.set()
    await eventually(lambda: asker.ask(PATIENT_S), lambda answer: isinstance(answer, Answer))


async def test_ipv6(executor):
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as silent:
        silent.bind(("::1", 0))
        address = HostPort("::1", silent.getsockname()[1])
        answer = await ask(executor, address, timeout_s=0.05)
    assert str(address) in answer.reason
