"""Every source at once: a real chronyd, the real kernel, the real processes of this machine."""

import asyncio
import socket
import time
from dataclasses import replace
from functools import partial

import pytest

from communicator.protocol import HostPort
from tests.conftest import EVENTUALLY_S
from timekeeper.claim import ClaimState
from timekeeper.discipline import USED, Discipline, Leap, NoAnswer, Reference
from timekeeper.kernel_verdict import judge_by_kernel
from timekeeper.settings import SourceSettings
from timekeeper.sources import Source, read_chrony, select_sources
from timekeeper.time_daemons import TimeDaemons
from timekeeper.timex import KernelClock
from timekeeper.verdict import judge
from timekeeper.watch import ClockWatch


def watching(address):
    return ClockWatch([Source("chronyd", partial(read_chrony, address))])


def in_state(state):
    return lambda reading: reading.claim.state is state


async def test_a_clock_with_three_good_servers(chrony_host, eventually):
    servers = [chrony_host.start_server(stratum) for stratum in (2, 3, 4)]
    client = chrony_host.start_client(*(server.as_source() for server in servers))
    watch = watching(client.commands)
    reading = await eventually(
        watch.read,
        lambda reading: (
            reading.claim.state is ClaimState.SYNCHRONIZED
            and not any("usable" in reason or "reached" in reason for reason in reading.claim.reasons)
            and reading.claim.reasons[0] == "chronyd last updated the clock 0 s ago"
            and reading.claim.bound_s < 0.1  # one that has just begun may grant itself seconds
        ),
    )
    claim = reading.claim
    assert claim.daemon == "chronyd"
    assert "chronyd runs with -x" in claim.reasons[-1] or "several time daemons" in claim.reasons[1]
    assert {source.name for source in claim.sources} == {server.ntp.host for server in servers}
    assert claim.upstreams == tuple(source.name for source in claim.sources if source.state in USED)
    assert claim.upstreams
    assert abs(claim.offset_s) < claim.bound_s
    assert 0 <= claim.age_s < 20
    assert isinstance(reading.evidence.kernel, KernelClock)
    assert "chronyd" in reading.evidence.daemons.names


async def test_a_falseticker_is_named(chrony_host, eventually):
    good, better, liar = (chrony_host.start_server(stratum) for stratum in (2, 3, 4))
    client = chrony_host.start_client(good.as_source(), better.as_source(), liar.as_source("offset 0.35"))
    watch = watching(client.commands)
    reading = await eventually(  # both: chronyd may name the liar before it has chosen among the others
        watch.read,
        lambda reading: (
            reading.claim.state is ClaimState.SYNCHRONIZED
            and any("falseticker" in reason for reason in reading.claim.reasons)
        ),
    )
    assert f"falseticker: {liar.ntp.host} disagrees with the majority" in reading.claim.reasons


async def test_two_servers_that_contradict_each_other(chrony_host, eventually):
    first, second = chrony_host.start_server(2), chrony_host.start_server(3)
    client = chrony_host.start_client(first.as_source(), second.as_source("offset 0.35"))
    watch = watching(client.commands)
    reading = await eventually(  # both, since chronyd may give up between two questions of one reading
        watch.read,
        lambda reading: (
            reading.claim.state is ClaimState.UNSYNCHRONIZED
            and any("no majority" in reason for reason in reading.claim.reasons)
        ),
    )
    assert reading.claim.reasons[0] == "chronyd says it is not synchronised"
    assert reading.claim.bound_s is None


async def test_a_chronyd_without_sources(chrony_host, eventually):
    watch = watching(chrony_host.start_client().commands)
    reading = await eventually(watch.read, lambda reading: reading.claim.daemon == "chronyd")
    assert reading.claim.state is ClaimState.UNSYNCHRONIZED
    assert reading.claim.reasons[:2] == ("chronyd says it is not synchronised", "chronyd has no sources")


async def test_a_chronyd_that_passes_off_its_own_clock(chrony_host, eventually):
    watch = watching(chrony_host.start_server(stratum=10).commands)
    reading = await eventually(
        watch.read, lambda reading: reading.claim.reasons[0].startswith("chronyd serves this host's own clock")
    )
    assert reading.claim.state is ClaimState.UNSYNCHRONIZED


async def test_a_chronyd_that_is_killed(chrony_host, eventually):
    server = chrony_host.start_server()
    client = chrony_host.start_client(server.as_source())
    watch = watching(client.commands)
    before = await eventually(watch.read, in_state(ClaimState.SYNCHRONIZED))
    client.kill()
    after = await watch.read()
    assert isinstance(after.evidence.last_answer, Discipline)
    # The server of this test is a chronyd too, so the processes do not show the death; on a host of its own they do.
    claim = judge(replace(after.evidence, daemons=TimeDaemons()))
    assert claim.state is ClaimState.HOLDOVER
    assert claim.reasons[0].startswith("chronyd no longer runs; chronyd last updated the clock ")
    assert claim.age_s > before.claim.age_s - 1
    assert claim.bound_s > 0
    assert f"nothing listens at {client.commands} for chronyd" in after.claim.reasons[0]


async def test_a_port_that_stays_silent(chrony_host, eventually, answered):
    """A chronyd runs, but not where it is looked for: nobody can tell, whatever the kernel's flag says."""
    await eventually(chrony_host.start_server().read, answered)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        address = HostPort(*silent.getsockname())
        reading = await watching(address).read()
    assert reading.evidence.answer == NoAnswer(f"chronyd at {address} did not answer in 1 s")
    chronyd = frozenset({"chronyd"})
    unsync = replace(reading.evidence.kernel, unsync=True)
    alone = replace(reading.evidence, kernel=unsync, daemons=TimeDaemons(chronyd, chronyd))
    claim = judge(alone)
    assert claim.state is ClaimState.UNKNOWN
    assert claim.reasons[0] == f"no answer: chronyd at {address} did not answer in 1 s"
    assert claim == judge_by_kernel(alone.answer, alone)


async def test_a_watch_that_asks_nobody_but_the_kernel():
    reading = await ClockWatch([]).read()
    assert reading.evidence.answer == NoAnswer("no source is asked")
    assert reading.claim.reasons


async def test_readings_are_numbered_and_know_their_age():
    watch = ClockWatch([])
    first, second = await watch.read(), await watch.read()
    assert (first.seq, second.seq) == (1, 2)
    assert first.age_s > second.age_s >= 0


async def test_the_age_of_an_update_grows_while_the_servers_are_frozen(chrony_host, eventually):
    server = chrony_host.start_server()
    client = chrony_host.start_client(server.as_source())
    watch = watching(client.commands)
    await eventually(watch.read, in_state(ClaimState.SYNCHRONIZED))
    server.freeze()
    first = await eventually(watch.read, lambda reading: reading.claim.age_s > 0.5)
    later = await eventually(watch.read, lambda reading: reading.claim.age_s > 1)
    assert later.claim.bound_s > later.claim.root_dispersion_s
    assert later.evidence.last_answer.updated_wall_ns == first.evidence.last_answer.updated_wall_ns


# Several sources at once.


def word(daemon, **changed):
    told = {
        "daemon": daemon,
        "leap": Leap.NORMAL,
        "stratum": 3,
        "reference": Reference.OUTSIDE,
        "offset_s": 0.0,
        "root_delay_s": 0.0,
        "root_dispersion_s": 0.0,
        "update_interval_s": 64.0,
        "updated_wall_ns": time.time_ns() - 30 * 10**9,
    }
    return Discipline(**(told | changed))


def saying(daemon, *answers):
    """A source that gives one answer after the other, and the last one for ever."""
    left = list(answers)

    async def ask():
        return left.pop(0) if len(left) > 1 else left[0]

    return Source(daemon, ask)


async def test_the_sources_are_asked_at_the_same_time():
    """Each waits for the other to be asked too."""
    asked = asyncio.Barrier(2)

    def meeting(daemon):
        async def ask():
            async with asyncio.timeout(EVENTUALLY_S):
                await asked.wait()
            return NoAnswer(f"{daemon} is silent")

        return Source(daemon, ask)

    reading = await ClockWatch([meeting("one"), meeting("two")]).read()
    assert reading.evidence.answer == NoAnswer("one is silent; two is silent")


async def test_the_first_that_speaks_is_believed_and_the_next_when_it_falls_silent():
    first, second = "daemon-one", "daemon-two"  # neither runs here, so that both are believed alike
    watch = ClockWatch(
        [saying(first, word(first), NoAnswer("no more")), saying(second, word(second, updated_wall_ns=1))]
    )
    assert (await watch.read()).claim.daemon == first
    reading = await watch.read()
    assert reading.claim.daemon == second
    assert reading.claim.age_s > 1e9  # as it was from the first reading on
    assert reading.claim.state is ClaimState.UNKNOWN


async def test_the_last_word_is_that_of_the_daemon_that_was_believed_last():
    source, other = saying("daemon-one", word("daemon-one"), NoAnswer("no more")), saying("daemon-two", NoAnswer("shy"))
    watch = ClockWatch([source, other])
    before, after = await watch.read(), await watch.read()
    assert after.evidence.answer == NoAnswer("no more; shy")
    assert after.evidence.last_answer is before.evidence.answer
    assert after.evidence.age_s == pytest.approx(30, abs=10)


async def test_an_age_that_a_daemon_tells_is_taken_as_it_is():
    watch = ClockWatch([saying("daemon-one", word("daemon-one", age_s=12.5, updated_wall_ns=1))])
    for _ in range(2):
        assert (await watch.read()).claim.age_s == 12.5


async def test_sources_may_be_changed_between_two_readings():
    watch = ClockWatch([saying("daemon-one", word("daemon-one"))])
    await watch.read()
    watch.sources = [saying("daemon-two", word("daemon-two"))]
    assert (await watch.read()).claim.daemon == "daemon-two"


async def test_all_sources_of_the_default_settings_say_something():
    reading = await ClockWatch(select_sources(SourceSettings())).read()
    assert reading.claim.reasons
