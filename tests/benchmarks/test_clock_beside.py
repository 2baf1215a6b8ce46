"""A real chronyd serves our own clock; ntplib and a second chronyd say how far off it is."""

import pytest

from benchmarks.clock_beside import CHRONYD, SNTP, await_synchronised, measure_chronyd, measure_sntp
from benchmarks.clock_programs import Chronyd, provide_faketime, run_chrony_host
from benchmarks.errors import BenchmarkError
from communicator.protocol import HostPort

NOBODY = HostPort("127.0.0.1", 9)


def test_both_are_asked_about_the_same_server():
    with run_chrony_host() as host:
        server = host.start_server()
        client = host.start_client(server)
        await_synchronised(client)
        asked, read = measure_sntp(server.ntp, 3), measure_chronyd(client, 0.3)
    assert (asked.what, asked.count, asked.violations) == (SNTP, 3, 0)
    assert (read.what, read.violations) == (CHRONYD, 0)
    assert read.count >= 1
    assert read.error.max_s <= read.bound.max_s, "a chronyd that has just begun may grant itself seconds"


def test_silence_is_named():
    nobody = Chronyd(NOBODY, NOBODY)
    with pytest.raises(BenchmarkError, match=r"the time server at 127.0.0.1:9 cannot be asked"):
        measure_sntp(NOBODY, 1)
    with pytest.raises(BenchmarkError, match=r"chronyd at 127.0.0.1:9 has no estimate: NoAnswer"):
        measure_chronyd(nobody, 0.1)
    with pytest.raises(BenchmarkError, match=r"chronyd at 127.0.0.1:9 is not synchronised in 0 s"):
        await_synchronised(nobody, 0)


def test_the_library_that_shifts_clocks_is_there():
    assert provide_faketime().exists()
