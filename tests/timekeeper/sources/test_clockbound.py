import os
import struct
import subprocess
import sys
import time

import pytest

from timekeeper.discipline import Discipline, NoAnswer
from timekeeper.sources.clockbound import ClockBound

LAYOUT = struct.Struct("=IIIHHqqqqqQIi8x")


def written(generation=2, bound_ns=50_000, age_s=0, marker=1_000):
    as_of_s = int(time.monotonic()) - age_s
    mark, stamps = (0x414D5A4E, 0x43420200), (as_of_s, 0, as_of_s + 1000, 0)
    return LAYOUT.pack(*mark, 80, 2, generation, *stamps, bound_ns, marker, 50_000, 1)


@pytest.fixture
def shm(tmp_path):
    return tmp_path / "shm0"


async def test_a_segment(shm):
    shm.write_bytes(written(age_s=3))
    word = await ClockBound(str(shm)).ask()
    assert isinstance(word, Discipline)
    assert 3 <= word.age_s < 10
    assert word.further_error_s == 50e-6
    assert word.max_drift == pytest.approx(50e-6)
    assert word.updated_wall_ns / 1e9 == pytest.approx(time.time() - word.age_s, abs=5)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: b"", "0 bytes are no segment of ClockBound"),
        (lambda: b"x" * 80, "it does not begin with the mark of ClockBound"),
        (lambda: written(generation=0), "nobody has written it yet"),
        (lambda: written(generation=3), "it is being written, and that does not come to an end"),
    ],
)
async def test_what_is_no_word_says_why(shm, make, reason):
    shm.write_bytes(make())
    assert await ClockBound(str(shm)).ask() == NoAnswer(f"the ClockBound segment {shm}: {reason}")


async def test_a_segment_whose_daemon_died_long_ago(shm):
    shm.write_bytes(written(age_s=1001))
    assert "its bound is void" in (await ClockBound(str(shm)).ask()).reason


async def test_a_disruption_between_two_looks_is_told_once(shm):
    clockbound = ClockBound(str(shm))
    told = []
    for marker in (5, 5, 6, 6):
        shm.write_bytes(written(marker=marker))
        told.append((await clockbound.ask()).remarks)
    disrupted = ("this virtual machine was stopped, moved or restored since the last look",)
    assert told == [(), (), disrupted, ()]


async def test_a_host_without_clockbound(shm):
    assert await ClockBound(str(shm)).ask() == NoAnswer(f"no ClockBound has its segment at {shm}")


async def test_a_segment_that_cannot_be_read(shm):
    shm.symlink_to(shm)
    reason = f"the ClockBound segment {shm} cannot be read: Too many levels of symbolic links"
    assert await ClockBound(str(shm)).ask() == NoAnswer(reason)


async def test_a_pipe_holds_nobody_up(shm):
    os.mkfifo(shm)
    assert await ClockBound(str(shm)).ask() == NoAnswer(f"the ClockBound segment {shm}: it is no file")


# Keeps bound and drift equal, and marks each change as ClockBound does; says when it has begun.
WRITE_WITHOUT_END = """
import mmap, struct, sys
with open(sys.argv[1], "r+b") as file, mmap.mmap(file.fileno(), 80) as memory:
    for number in range(1, 1 << 40):
        even = number * 2 % 60_000 + 2
        memory[14:16] = struct.pack("=H", even - 1)
        memory[48:56] = struct.pack("=q", number % 1_000_000)
        memory[64:68] = struct.pack("=I", number % 1_000_000)
        memory[14:16] = struct.pack("=H", even)
        if number == 1:
            print("writing", flush=True)
        for _ in range(number % 100):
            pass
"""


@pytest.fixture
def writer(shm):
    """Another process that writes the segment all the time."""
    shm.write_bytes(written())
    command = [sys.executable, "-c", WRITE_WITHOUT_END, shm]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "writing\n"
        yield
        process.kill()


@pytest.mark.usefixtures("writer")
async def test_nothing_is_taken_from_a_write_that_is_going_on(shm, eventually):
    answers = [await ClockBound(str(shm)).ask() for _ in range(2_000)]
    # The writer may have stood still in the middle of a write all the while.
    answers.append(await eventually(ClockBound(str(shm)).ask, lambda answer: isinstance(answer, Discipline)))
    words = [answer for answer in answers if isinstance(answer, Discipline)]
    assert words
    for word in words:
        assert word.further_error_s == pytest.approx(word.max_drift)  # 1 ns of bound for 1 ppb of drift
    assert {answer.reason for answer in answers if isinstance(answer, NoAnswer)} <= {
        f"the ClockBound segment {shm}: it is being written, and that does not come to an end"
    }
