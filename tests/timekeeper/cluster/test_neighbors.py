"""How this host measures others, over real sockets: by probes, through routers, by the better of both."""

import asyncio
import os
import resource
from contextlib import AsyncExitStack, suppress

import pytest

from communicator.answers.clocks import Probes
from communicator.errors import ListenError
from communicator.protocol import HostPort
from tests.timekeeper.cluster.words import pair
from timekeeper.cluster.assignment import Assignment
from timekeeper.cluster.neighbors import QUESTIONS, SUSPECT_INTERVAL_S, Neighbors, describe_peer, open_doors
from timekeeper.cluster.routed import Answer
from timekeeper.pairs import Correction, Exchange, PairEstimate, RealtimeReading
from timekeeper.probes import EpochWatch, ProbeIdentity, Seal, hash_cluster
from timekeeper.probes.stamps import read_raw_ns, read_realtime

ANYWHERE = HostPort("127.0.0.1", 0)
SEAL = Seal(hash_cluster("tests"), b"the key of the tests")
NOWHERE = HostPort("127.0.0.1", 9)
S = 1_000_000_000
NARROW_S = 0.1
"""A first answer may take longer, on a machine that is busy with other tests too."""


class Routers:
    """The routers of other hosts: what each of them writes, and how often it was asked."""

    def __init__(self):
        self.ahead_s = {}
        """Of each that answers."""
        self.takes_s = 0.0
        """How long an answer seems to have taken."""
        self.old_s = 0.0
        """How long ago it seems to have come."""
        self.asked = []
        self.at_once = 0

    async def ask(self, host):
        self.asked.append(host)
        self.at_once = max(self.at_once, len(self.asked))
        await asyncio.sleep(0)
        if host not in self.ahead_s:
            return None
        now_ns = read_raw_ns() - round(self.old_s * 1e9)
        realtime_ns = now_ns + read_realtime().difference_ns
        half_ns = round(self.takes_s * 1e9 / 2)
        return Answer(now_ns - half_ns, now_ns + half_ns, realtime_ns + round(self.ahead_s[host] * 1e9))


class Hosts:
    """Starts hosts that probe each other; ends them all."""

    def __init__(self, stack):
        self._stack = stack
        self.notices = []

    def new(self, ask=None, interval_s=3600.0, epochs=None):
        def notice(event, **details):
            self.notices.append((event, details))

        return Neighbors(ask or Routers().ask, interval_s, epochs or EpochWatch(), notice)

    async def open(self, neighbors, name, seal=SEAL):
        """It answers probes from now on, and asks; where, is returned."""
        doors = await open_doors(ANYWHERE, kernel_timestamps=True)
        running = asyncio.get_running_loop().create_task(neighbors.probe(doors, ProbeIdentity(name, seal, "boot")))
        self._stack.push_async_callback(ended, running)
        await asyncio.sleep(0)
        return doors.address


async def ended(task):
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.fixture
async def hosts():
    async with AsyncExitStack() as stack:
        yield Hosts(stack)


@pytest.fixture
def routers():
    return Routers()


def probed(**addresses):
    return Assignment(addresses, frozenset())


def routed(*others):
    return Assignment({}, frozenset(others))


def measured_of(neighbors):
    async def ask():
        return {one.peer: one for one in neighbors.measured()}

    return ask


async def test_a_host_that_answers_probes_is_measured(hosts, eventually):
    alpha, beta = hosts.new(), hosts.new()
    alpha.follow(probed(beta=await hosts.open(beta, "beta")), ())
    assert alpha.unanswered() == {"beta"}
    assert (alpha.probe_address, alpha.probe_counts()) == (None, Probes(asked={}, answered={}, refused={}))
    address = await hosts.open(alpha, "alpha")
    assert alpha.probe_address == address
    found = (await eventually(measured_of(alpha), lambda found: found and found["beta"].bound_seconds < NARROW_S))[
        "beta"
    ]
    assert found.via == "probe"
    assert abs(found.offset_seconds) <= found.bound_seconds
    assert alpha.unanswered() == frozenset()
    assert alpha.probe_counts().asked["beta"]["ok"] > 0
    assert beta.probe_counts().answered["ok"] > 0


async def test_its_doors_are_closed_at_the_end(hosts):
    alpha = hosts.new()
    doors = await open_doors(ANYWHERE, kernel_timestamps=True)
    running = asyncio.get_running_loop().create_task(alpha.probe(doors, ProbeIdentity("alpha", SEAL, "boot")))
    await asyncio.sleep(0)
    await ended(running)
    assert alpha.probe_address is None
    assert (doors.answering.socket.fileno(), doors.asking.socket.fileno()) == (-1, -1)
    doors.close()  # nothing is left to close


async def test_who_is_no_neighbour_any_more_is_forgotten(hosts, eventually, routers):
    routers.ahead_s = {"gamma": 0.0}
    alpha, beta = hosts.new(routers.ask), hosts.new()
    both = Assignment({"beta": await hosts.open(beta, "beta")}, frozenset({"gamma"}))
    alpha.follow(both, ())
    await hosts.open(alpha, "alpha")
    await alpha.ask_routers()
    await eventually(measured_of(alpha), lambda found: found.keys() == {"beta", "gamma"})
    alpha.follow(routed(), ())
    assert alpha.measured() == []
    assert alpha.unanswered() == frozenset()


async def test_who_is_in_doubt_is_probed_more_often(hosts):
    alpha = hosts.new(interval_s=10.0)
    for suspects, interval_s in (((), 10.0), (("beta",), SUSPECT_INTERVAL_S), (("gamma",), 10.0)):
        alpha.follow(probed(beta=NOWHERE), suspects)
        assert alpha._targets["beta"].interval_s == interval_s


async def test_through_the_routers(hosts, routers):
    routers.ahead_s, routers.takes_s = {"beta": 0.35}, 0.004
    alpha = hosts.new(routers.ask)
    alpha.follow(routed("beta", "gamma"), ())
    await alpha.ask_routers()
    [found] = alpha.measured()
    assert (found.peer, found.via) == ("beta", "router")
    assert abs(found.offset_seconds - 0.35) <= found.bound_seconds < 0.01
    assert alpha.unanswered() == {"gamma"}
    assert sorted(routers.asked) == ["beta"] * QUESTIONS + ["gamma"], "who does not answer is asked once a round"


async def test_who_does_not_answer_probes_is_asked_through_the_routers_too(hosts, routers):
    routers.ahead_s = {"beta": 0.0}
    alpha = hosts.new(routers.ask)
    alpha.follow(probed(beta=NOWHERE), ())
    await alpha.ask_routers()
    assert [one.via for one in alpha.measured()] == ["router"]


@pytest.mark.parametrize(("interval_s", "is_asked"), [(3600.0, False), (0.0, True)])
async def test_who_has_answered_lately_is_not(hosts, eventually, routers, interval_s, is_asked):
    alpha, beta = hosts.new(routers.ask), hosts.new()
    alpha.follow(probed(beta=await hosts.open(beta, "beta")), ())
    await hosts.open(alpha, "alpha")
    await eventually(measured_of(alpha), bool)
    alpha.interval_s = interval_s
    await alpha.ask_routers()
    assert (routers.asked == ["beta"]) is is_asked


@pytest.mark.parametrize(("takes_s", "via"), [(4.0, "probe"), (0.0, "router")])
async def test_of_both_ways_the_better_one_counts(hosts, routers, takes_s, via):
    routers.ahead_s, routers.takes_s = {"beta": 0.0}, takes_s
    alpha = hosts.new(routers.ask)
    alpha.follow(probed(beta=NOWHERE), ())
    await alpha.ask_routers()
    alpha._take("beta", exchange(took_ns=S))
    assert [one.via for one in alpha.measured()] == [via]


@pytest.mark.parametrize(
    ("interval_s", "routed_s", "via"),
    [(1.0, 0.0, "router"), (1.0, 9.0, "router"), (1.0, 11.0, "probe"), (4.0, 0.0, "probe")],
)
async def test_what_routers_say_of_a_silent_peer_is_newer(hosts, routers, interval_s, routed_s, via):
    routers.ahead_s, routers.takes_s, routers.old_s = {"beta": 3.0}, 1.0, routed_s
    alpha = hosts.new(routers.ask, interval_s)
    alpha.follow(probed(beta=NOWHERE), ())
    await alpha.ask_routers()
    alpha._take("beta", exchange(took_ns=1000, old_ns=10 * S))
    [found] = alpha.measured()
    assert found.via == via
    assert found.offset_seconds == pytest.approx(3.0 if via == "router" else 0.0, abs=0.6)


def exchange(took_ns, old_ns=0, **changes):
    """The peer's clocks are ours; it answers at once."""
    now_ns, ours = read_raw_ns() - old_ns, read_realtime()
    first_ns = now_ns - took_ns
    middle_ns = (first_ns + now_ns) // 2
    fields = {"t1_ns": first_ns, "t2_ns": middle_ns, "t3_ns": middle_ns, "t4_ns": now_ns, "stamp_error_ns": 0}
    others = {"ours": ours, "theirs": ours, "peer_boot_id": "boot", "our_epoch": 1, "peer_epoch": 1}
    return Exchange(**fields | others | changes)


async def test_what_cannot_be_used_is_counted(hosts):
    alpha = hosts.new()
    for _ in range(2):
        alpha._take("beta", exchange(took_ns=-S))
    assert alpha.probe_counts().refused == {"stamps run backwards": 2}
    assert alpha.measured() == []


def moved(reading, by_ns):
    return RealtimeReading(reading.difference_ns + by_ns, reading.raw_ns, reading.error_ns)


async def test_a_peer_whose_clock_is_set_is_told_of(hosts):
    alpha = hosts.new()
    alpha._take("beta", exchange(took_ns=1000))
    alpha._take("beta", exchange(took_ns=1000, theirs=moved(read_realtime(), 3 * S)))
    [(event, details)] = hosts.notices
    assert event == "peer_clock_stepped"
    assert details == {"peer": "beta", "step_s": pytest.approx(3.0, abs=0.001)}


async def test_a_step_of_our_own_is_told_elsewhere(hosts):
    alpha = hosts.new()
    alpha._take("beta", exchange(took_ns=1000))
    alpha._take("beta", exchange(took_ns=1000, ours=moved(read_realtime(), 3 * S)))
    assert hosts.notices == []


async def test_a_peer_that_boots_is_told_of(hosts):
    alpha = hosts.new()
    alpha._take("beta", exchange(took_ns=1000))
    alpha._take("beta", exchange(took_ns=1000, peer_boot_id="other"))
    assert hosts.notices == [("pair_began_anew", {"peer": "beta", "reason": "the peer booted"})]


@pytest.mark.parametrize("is_asked_again", [False, True])
async def test_a_break_of_our_raw_clock_voids_what_routers_said(hosts, routers, is_asked_again):
    slept_ns = [0]
    epochs = EpochWatch(asleep_ns=lambda: slept_ns[0])
    routers.ahead_s = {"beta": 0.0}
    alpha = hosts.new(routers.ask, epochs=epochs)
    alpha.follow(routed("beta"), ())
    await alpha.ask_routers()
    assert len(alpha.measured()) == 1
    slept_ns[0] = S
    if is_asked_again:
        await alpha.ask_routers()
    assert len(alpha.measured()) == is_asked_again


@pytest.mark.parametrize(
    ("own_left_s", "correction", "wider_s"),
    [
        (30e-6, Correction(), 30e-6),
        (30e-6, Correction(remaining_s=20e-6), 50e-6),
        (0.0, Correction(announced_s=0.004, since_s=0.0), 0.004),
    ],
)
async def test_what_daemons_correct_widens_a_bound(hosts, own_left_s, correction, wider_s):
    alpha = hosts.new()
    alpha._take("beta", exchange(took_ns=1000, old_ns=S, our_epoch=alpha._epoch))
    [plain], [wider] = alpha.measured(), alpha.measured(own_left_s, {"beta": correction})
    assert wider.bound_seconds - plain.bound_seconds == pytest.approx(wider_s, abs=5e-6)


async def test_a_break_of_our_raw_clock_voids_what_was_probed(hosts):
    """Until the next exchange: theta is of the old raw clock, and our REALTIME - RAW of the new one."""
    slept_ns = [0]
    alpha = hosts.new(epochs=EpochWatch(asleep_ns=lambda: slept_ns[0]))
    alpha._take("beta", exchange(took_ns=1000, our_epoch=alpha._epoch))
    assert len(alpha.measured()) == 1
    slept_ns[0] = S
    assert alpha.measured() == []
    alpha._take("beta", exchange(took_ns=1000, our_epoch=alpha._epoch))
    assert len(alpha.measured()) == 1
    assert ("pair_began_anew", {"peer": "beta", "reason": "our raw clock broke"}) in hosts.notices


async def test_a_measurement_as_others_read_it():
    known = {
        "offset_s": 0.25,
        "bound_s": 0.0001,
        "rtt_s": 0.0002,
        "age_s": 1.0,
        "drift_ppm": 7.5,
        "rate_bound_ppm": 12.0,
    }
    estimate = PairEstimate(**known, drift_bound_ppm=1.0, steps=3)
    told = pair("gamma", 0.25, drift_ppm=7.5, via="router", rate_bound_ppm=12.0)
    assert describe_peer("gamma", estimate, "router") == told


async def test_doors_that_cannot_be_had():
    taken = await open_doors(ANYWHERE, kernel_timestamps=False)
    try:
        with pytest.raises(ListenError, match="Address already in use"):
            await open_doors(taken.address, kernel_timestamps=False)
    finally:
        taken.close()


async def test_one_door_alone_is_not_kept():
    await asyncio.get_running_loop().getaddrinfo("127.0.0.1", 0)  # its thread has all it needs
    free = os.dup(0)
    os.close(free)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free + 1, limits[1]))
    try:
        with pytest.raises(ListenError, match="Too many open files"):
            await open_doors(ANYWHERE, kernel_timestamps=False)
        os.close(os.dup(0))  # the first one is closed again
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
