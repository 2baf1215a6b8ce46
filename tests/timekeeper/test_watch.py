"""Every source at once: a real chronyd, the real kernel, the real processes of this machine."""

import socket
from dataclasses import replace

from communicator.protocol import HostPort
from timekeeper.claim import ClaimState
from timekeeper.discipline import Discipline, NoAnswer
from timekeeper.kernel_verdict import judge_by_kernel
from timekeeper.time_daemons import TimeDaemons
from timekeeper.timex import KernelClock
from timekeeper.verdict import judge
from timekeeper.watch import ClockWatch


def in_state(state):
    return lambda reading: reading.claim.state is state


async def test_a_clock_with_three_good_servers(chrony_host, eventually):
    servers = [chrony_host.start_server(stratum) for stratum in (2, 3, 4)]
    client = chrony_host.start_client(*(server.as_source() for server in servers))
    watch = ClockWatch(client.commands)
    reading = await eventually(
        watch.read,
        lambda reading: (
            reading.claim.state is ClaimState.SYNCHRONIZED
            and not any("usable" in reason or "reached" in reason for reason in reading.claim.reasons)
        ),
    )
    claim = reading.claim
    assert claim.daemon == "chronyd"
    assert claim.reasons[0] == "chronyd last updated the clock 0 s ago"
    assert "chronyd runs with -x" in claim.reasons[-1] or "several time daemons" in claim.reasons[1]
    assert set(claim.upstreams) == {server.ntp.host for server in servers}
    assert abs(claim.offset_s) < claim.bound_s < 0.1
    assert 0 <= claim.age_s < 20
    assert isinstance(reading.evidence.kernel, KernelClock)
    assert "chronyd" in reading.evidence.daemons.names


async def test_a_falseticker_is_named(chrony_host, eventually):
    good, better, liar = (chrony_host.start_server(stratum) for stratum in (2, 3, 4))
    client = chrony_host.start_client(good.as_source(), better.as_source(), liar.as_source("offset 0.35"))
    watch = ClockWatch(client.commands)
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
    watch = ClockWatch(client.commands)
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
    watch = ClockWatch(chrony_host.start_client().commands)
    reading = await eventually(watch.read, lambda reading: reading.claim.daemon == "chronyd")
    assert reading.claim.state is ClaimState.UNSYNCHRONIZED
    assert reading.claim.reasons[:2] == ("chronyd says it is not synchronised", "chronyd has no sources")


async def test_a_chronyd_that_passes_off_its_own_clock(chrony_host, eventually):
    watch = ClockWatch(chrony_host.start_server(stratum=10).commands)
    reading = await eventually(
        watch.read, lambda reading: reading.claim.reasons[0].startswith("chronyd serves this host's own clock")
    )
    assert reading.claim.state is ClaimState.UNSYNCHRONIZED


async def test_a_chronyd_that_is_killed(chrony_host, eventually):
    server = chrony_host.start_server()
    client = chrony_host.start_client(server.as_source())
    watch = ClockWatch(client.commands)
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
        reading = await ClockWatch(address).read()
    assert reading.evidence.answer == NoAnswer(f"chronyd at {address} did not answer in 1 s")
    chronyd = frozenset({"chronyd"})
    unsync = replace(reading.evidence.kernel, unsync=True)
    alone = replace(reading.evidence, kernel=unsync, daemons=TimeDaemons(chronyd, chronyd))
    claim = judge(alone)
    assert claim.state is ClaimState.UNKNOWN
    assert claim.reasons[0] == f"no answer: chronyd at {address} did not answer in 1 s"
    assert claim == judge_by_kernel(alone.answer, alone)


async def test_chrony_switched_off():
    reading = await ClockWatch(None).read()
    assert reading.evidence.answer == NoAnswer("chrony is switched off in the settings")


async def test_readings_are_numbered_and_know_their_age():
    watch = ClockWatch(None)
    first, second = await watch.read(), await watch.read()
    assert (first.seq, second.seq) == (1, 2)
    assert first.age_s > second.age_s >= 0


async def test_the_age_of_an_update_grows_while_the_servers_are_frozen(chrony_host, eventually):
    server = chrony_host.start_server()
    client = chrony_host.start_client(server.as_source())
    watch = ClockWatch(client.commands)
    await eventually(watch.read, in_state(ClaimState.SYNCHRONIZED))
    server.freeze()
    first = await eventually(watch.read, lambda reading: reading.claim.age_s > 0.5)
    later = await eventually(watch.read, lambda reading: reading.claim.age_s > 1)
    assert later.claim.bound_s > later.claim.root_dispersion_s
    assert later.evidence.last_answer.updated_wall_ns == first.evidence.last_answer.updated_wall_ns
