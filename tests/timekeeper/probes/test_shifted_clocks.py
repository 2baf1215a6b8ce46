"""What the probes tell of a host whose clock is off by a known amount: libfaketime shifts it for one process."""

import asyncio
import itertools
import json
import math
import os
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from communicator.protocol import HostPort
from tests.timekeeper.agents.agent import set_clock
from timekeeper.pairs import Exchange, PairWindow, RealtimeReading
from timekeeper.probes.prober import BURST, Target
from timekeeper.probes.result import ProbeResult
from timekeeper.probes.stamps import read_raw_ns

SHIFTED_HOST = Path(__file__).with_name("shifted_host.py")
STAMP_FLOOR_NS = 10_000
"""What the uncertainty of stamps is at least (reference: 30 of 400 bursts exceeded a half width of 4 us, none one of 14)."""
IN_TIME_NS = 30_000_000_000
"""A second is usual; one that waited by the wall clock would wait an hour."""
NARROW_NS = 500_000
"""On a machine that is busy with other tests too, a burst with a bound like this comes soon."""
SHIFTS = [
    ("+0.350", 350_000_000),
    ("-0.002", -2_000_000),
    ("+0.0001", 100_000),
    ("+0", 0),
    ("-3600", -3_600_000_000_000),
]
STAMPS = [  # ours, theirs
    ("kernel", "kernel"),
    ("kernel", "read"),
    ("read", "kernel"),
    ("read", "read"),
]


@pytest.fixture
def shifted_host(debian_program):
    """Starts a host whose clock is shifted as an environment of libfaketime says."""
    folder = debian_program("libfaketime", "usr/lib").path
    [library] = folder.glob("*/faketime/libfaketime.so.1")

    @asynccontextmanager
    async def start(shift, *arguments):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            SHIFTED_HOST,
            *arguments,
            env=os.environ
            | {
                "PYTHONPATH": str(Path(__file__).parents[3]),
                "LD_PRELOAD": str(library),
                **shift,
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            },
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            yield process.stdout
        finally:
            process.kill()
            await process.communicate()

    return start


def bound(burst):
    """The lowest and the highest offset of the peer's REALTIME that a burst allows, by the formulas of the reference."""
    readings = [(exchange.theirs, exchange.ours) for exchange in burst]
    between_ns = max(theirs.difference_ns - ours.difference_ns for theirs, ours in readings)
    spread_ns = between_ns - min(theirs.difference_ns - ours.difference_ns for theirs, ours in readings)
    slack_ns = STAMP_FLOOR_NS + max(
        exchange.stamp_error_ns + exchange.ours.error_ns + exchange.theirs.error_ns for exchange in burst
    )
    low_ns = max(exchange.t3_ns - exchange.t4_ns for exchange in burst)
    high_ns = min(exchange.t2_ns - exchange.t1_ns for exchange in burst)
    return between_ns + low_ns - slack_ns - spread_ns, between_ns + high_ns + slack_ns


def exchange_of(line):
    fields = json.loads(line)
    readings = {key: RealtimeReading(**fields.pop(key)) for key in ("ours", "theirs")}
    return Exchange(**fields, **readings)


@pytest.mark.parametrize("stamps", STAMPS)
@pytest.mark.parametrize(("shift", "truth_ns"), SHIFTS)
async def test_we_measure_a_host_whose_clock_is_off(loopback, shifted_host, eventually, shift, truth_ns, stamps):
    ours, theirs = stamps
    exchanges, window = [], PairWindow()
    async with shifted_host({"FAKETIME": shift}, theirs) as told:
        port = json.loads(await told.readline())["port"]
        prober = await loopback.prober(lambda _, exchange: exchanges.append(exchange), kernel=ours == "kernel")
        prober.follow({"shifted": Target(HostPort("127.0.0.1", port), 0.05)})

        async def measured():
            while exchanges:
                exchange = exchanges.pop(0)
                assert window.add(exchange) is None
                low_ns, high_ns = bound([exchange])
                assert low_ns <= truth_ns <= high_ns
            return window.estimate(read_raw_ns())

        estimate = await eventually(
            measured, lambda estimate: estimate is not None and estimate.bound_s < NARROW_NS / 1e9
        )
    assert abs(estimate.offset_s - truth_ns / 1e9) <= estimate.bound_s
    assert prober.results["shifted"][ProbeResult.NEGATIVE_DELAY] == 0


@pytest.mark.parametrize("stamps", STAMPS)
@pytest.mark.parametrize(("shift", "truth_ns"), SHIFTS)
async def test_a_host_whose_clock_is_off_measures_us(loopback, shifted_host, shift, truth_ns, stamps):
    ours, theirs = stamps
    responder = await loopback.responder("true", kernel=ours == "kernel")
    async with shifted_host({"FAKETIME": shift}, theirs, str(responder.address)) as told:
        low_ns, high_ns = -math.inf, math.inf
        while high_ns - low_ns >= 2 * NARROW_NS:
            low_ns, high_ns = bound([exchange_of(await told.readline()) for _ in range(BURST)])
            assert low_ns <= -truth_ns <= high_ns


@pytest.mark.parametrize(("step", "truth_ns"), [("-3600", -3_600_000_000_000), ("+3600", 3_600_000_000_000)])
async def test_a_host_whose_clock_is_set_by_an_hour_asks_on_in_time(loopback, shifted_host, tmp_path, step, truth_ns):
    responder = await loopback.responder("true")
    setting = tmp_path / "faketime"
    setting.write_text("+0")
    shift = {"FAKETIME_TIMESTAMP_FILE": str(setting), "FAKETIME_NO_CACHE": "1"}
    async with shifted_host(shift, "kernel", str(responder.address)) as told:
        exchanges = [exchange_of(await told.readline()) for _ in range(BURST)]
        set_clock(setting, float(step))
        while is_near(exchanges[-1], 0):
            exchanges.append(exchange_of(await told.readline()))
        stepped = [exchange_of(await told.readline()) for _ in range(2 * BURST)]
    low_ns, high_ns = bound(stepped[BURST:])
    assert low_ns <= -truth_ns <= high_ns
    times_ns = [exchange.t1_ns for exchange in exchanges + stepped]
    assert max(later - earlier for earlier, later in itertools.pairwise(times_ns)) < IN_TIME_NS


def is_near(exchange, offset_ns):
    return abs(exchange.theirs.difference_ns - exchange.ours.difference_ns - offset_ns) < 1_000_000_000
