"""Hosts in a process of their own are probed for a moment, for real; how well, is no matter of tests."""

import asyncio
import socket
import threading
from itertools import pairwise

import pytest

from benchmarks.clock_host import run_hosts
from benchmarks.clock_probing import bursts_of, probe_spaced, probe_unspaced
from benchmarks.errors import BenchmarkError
from communicator.protocol import HostPort


@pytest.fixture
def peer():
    """A UDP socket where nobody answers yet."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock


def answer_once(sock, data):
    _, asker = sock.recvfrom(1000)
    sock.sendto(data, asker)


@pytest.mark.parametrize("kernel", [True, False])
def test_all_is_answered_though_it_is_more_than_a_host_answers_at_once(kernel):
    with run_hosts(1, kernel_timestamps=kernel) as hosts:
        [(name, address)] = hosts.items()
        taken = probe_unspaced(name, address, 450, kernel_timestamps=kernel)
    assert 445 <= len(taken) <= 450
    assert all(earlier.t4_ns <= later.t1_ns for earlier, later in pairwise(taken))


def test_hosts_are_probed_as_in_use():
    with run_hosts(3, kernel_timestamps=True) as hosts:
        assert list(hosts) == ["peer_0", "peer_1", "peer_2"]
        taken = asyncio.run(probe_spaced(hosts, 3.0, kernel_timestamps=True))
    assert taken.keys() == hosts.keys()
    assert all(exchanges for exchanges in taken.values())


def test_what_is_no_answer_is_named(peer):
    answering = threading.Thread(target=answer_once, args=(peer, b"what?"))
    answering.start()
    with pytest.raises(BenchmarkError, match=r"was answered with <ProbeResult.MALFORMED"):
        probe_unspaced("peer_0", HostPort(*peer.getsockname()), 1, kernel_timestamps=True)
    answering.join()


def test_silence_is_named(peer):
    with pytest.raises(BenchmarkError, match=r"no answer to a probe in 0.01 s"):
        probe_unspaced("peer_0", HostPort(*peer.getsockname()), 1, kernel_timestamps=True, timeout_s=0.01)


def test_only_whole_bursts_count():
    assert [len(burst) for burst in bursts_of(list(range(23)))] == [8, 8]
    assert list(bursts_of([])) == []
