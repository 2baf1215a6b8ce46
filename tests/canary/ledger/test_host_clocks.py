import time
from pathlib import Path

from canary.ledger.host_clocks import read_clocks


def test_the_clocks_are_those_of_this_host_and_boot():
    before = time.monotonic(), time.time()
    reading = read_clocks()
    assert before[0] <= reading.monotonic_s <= time.monotonic()
    assert abs(reading.wall_s - before[1]) < 3_600
    assert reading.boot_id == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
