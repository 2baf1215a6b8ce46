import asyncio
import socket
import stat

import pytest

from bellwether.clock_wait import find_shortfall
from communicator.answers.clocks import ClockReport
from tests.conftest import EVENTUALLY_S
from timekeeper.claim import ClaimState
from timekeeper.discipline import Discipline, Leap, NoAnswer, UpstreamState
from timekeeper.evidence import Evidence
from timekeeper.report import About, describe_local
from timekeeper.sources.ptp import PORTS, Ptp
from timekeeper.sources.ptp_codec import CURRENT, DEFAULT, PARENT, PORT, TIME_PROPERTIES, TIME_STATUS_NP
from timekeeper.time_daemons import TimeDaemons
from timekeeper.timex import KernelClock
from timekeeper.verdict import find_fault, judge

STEERED = KernelClock(
    leap=Leap.NORMAL,
    unsync=False,
    offset_s=0.0,
    maxerror_s=0.0005,
    esterror_s=0.0,
    frequency_ppm=0.0,
    tai_offset_s=37,
)
ABOUT = About(server="alpha", boot_id="b007", life="1", seq=1, role="solver")
RUNNING = TimeDaemons(frozenset({"ptp4l"}), frozenset({"ptp4l"}))


def in_sync():
    """The kernel of a machine whose clock is steered; that of the test's is not, for nothing here may set it."""
    return STEERED


def is_synchronised(answer):
    return isinstance(answer, Discipline) and not find_fault(answer)


# Real ones.


async def test_a_pair(ptp_pair, eventually):
    """From the first packet until the cable is cut."""
    read, read_far = (ptp_pair.reader(end, in_sync) for end in ("near", "far"))
    ptp_pair.start("near", clientOnly=1)
    waiting = await eventually(read, lambda answer: isinstance(answer, Discipline) and "listening" in answer.fault)
    assert judged(waiting).state is ClaimState.UNSYNCHRONIZED
    assert (judged(waiting).reasons[0], judged(waiting).upstreams) == (waiting.fault, ())

    ptp_pair.start("far", priority1=10, clockClass=6, clockAccuracy="0x21")
    follower = await eventually(read, is_synchronised)
    leader = await read_far()
    (grandmaster,) = leader.upstreams
    assert follower.upstreams == (grandmaster,)
    assert grandmaster.state is UpstreamState.SELECTED
    claim = judged(follower)
    assert claim.state is ClaimState.SYNCHRONIZED
    assert abs(claim.offset_s) + 1e-7 < claim.bound_s < 0.001
    assert claim.upstreams == (grandmaster.name,) == judged(leader).upstreams
    assert judged(leader).state is ClaimState.SYNCHRONIZED

    told = describe_local(claim, evidence_of(follower), ABOUT)
    assert find_shortfall(ClockReport(local=told, solved=True), bound_s=0.001) is None, "what wait-synced waits for"

    ptp_pair.run("far", "ip link set far down")
    cut = await eventually(read, lambda answer: answer.is_free_running)
    assert judged(cut).state is ClaimState.HOLDOVER
    assert judged(cut).upstreams == (grandmaster.name,)
    assert "ptp4l follows no master: port 1 is faulty" in judged(cut).reasons
    assert (await ptp_pair.reader("near", in_sync)()).fault == "ptp4l follows no master: port 1 is faulty"


async def test_the_sign_of_an_offset_and_a_domain_of_a_profile(ptp_pair, eventually):
    """Stamps of the near end are 1 ms early, both ways, so that its clock seems to be behind; it is of IEEE 802.1AS besides."""
    of_both = {"domainNumber": 24, "transportSpecific": 1}
    ptp_pair.start("far", priority1=10, **of_both)
    ptp_pair.start("near", clientOnly=1, ingressLatency=1_000_000, egressLatency=-1_000_000, **of_both)
    word = await eventually(ptp_pair.reader("near", in_sync, domain=24), is_synchronised)
    assert word.offset_s == pytest.approx(-0.001, abs=0.0005)


def evidence_of(word):
    return Evidence(answer=word, last_answer=word, age_s=1.0, kernel=STEERED, daemons=RUNNING)


def judged(word):
    return judge(evidence_of(word))


# Others that sit at its socket.


@pytest.fixture
async def at_its_socket(tmp_path):
    """Answers each question with what `answer` makes of it."""
    loop, path = asyncio.get_running_loop(), tmp_path / "ptp4lro"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as ours:
        ours.bind(str(path))

        def start(answer):
            def take():
                data, address = ours.recvfrom(4096)
                for reply in answer(data):
                    ours.sendto(reply, address)

            loop.add_reader(ours, take)
            return str(path)

        yield start
        loop.remove_reader(ours)


@pytest.fixture
def honest(recorded_ptp4l):
    """What the recorded one answers, with as many ports as are wanted."""

    def answer(data, ports=1):
        answers = recorded_ptp4l("slave")
        number = int.from_bytes(data[52:54])
        data_sets = (DEFAULT, CURRENT, PARENT, TIME_PROPERTIES, TIME_STATUS_NP, PORT)
        reply = answers[next(data_set.name for data_set in data_sets if data_set.number == number)]
        if number == DEFAULT.number:
            reply = reply[:56] + ports.to_bytes(2) + reply[58:]
        return data[:1] + reply[1:30] + data[30:32] + reply[32:]

    return answer


async def test_what_it_says_is_passed_on(at_its_socket, honest):
    word = await Ptp(at_its_socket(lambda data: [honest(data)]), 0, EVENTUALLY_S, in_sync).ask()
    assert is_synchronised(word)
    assert word.offset_s == 1.78e-07


async def test_late_answers_are_passed_over(at_its_socket, honest):
    def answer(data):
        stale = honest(data)
        return [stale[:30] + bytes(2) + stale[32:], data, honest(data)]

    assert is_synchronised(await Ptp(at_its_socket(answer), 0, EVENTUALLY_S, in_sync).ask())


async def test_ports_are_asked_for_within_a_bound(at_its_socket, honest):
    asked = []

    def answer(data):
        if int.from_bytes(data[52:54]) == PORT.number:
            asked.append(int.from_bytes(data[42:44]))
        return [honest(data, ports=10_000)]

    assert is_synchronised(await Ptp(at_its_socket(answer), 0, EVENTUALLY_S, in_sync).ask())
    assert asked == list(range(1, PORTS + 1))


async def test_one_profile_is_asked_for_once_it_is_known(at_its_socket, honest):
    asked = []

    def answer(data):
        asked.append(data[0] >> 4)
        return [honest(data)] if data[0] >> 4 else []

    assert is_synchronised(await Ptp(at_its_socket(answer), 0, EVENTUALLY_S, in_sync).ask())
    assert asked == [0, 1, 1, 1, 1, 1, 1]


async def test_no_file_of_ours_is_made(at_its_socket, honest, tmp_path):
    seen = []

    def answer(data):
        seen.append(sorted(path.name for path in tmp_path.iterdir()))
        return [honest(data)]

    await Ptp(at_its_socket(answer), 0, EVENTUALLY_S, in_sync).ask()
    assert {tuple(names) for names in seen} == {("ptp4lro",)}
    assert stat.S_ISSOCK((tmp_path / "ptp4lro").stat().st_mode)


@pytest.mark.parametrize(
    ("answer", "timeout_s", "reason"),
    [
        (lambda _: [], 0.1, "did not answer in 0.1 s: is its domainNumber 24?"),
        (lambda _: [b"HTTP/1.1 400 Bad Request\r\n\r\n" * 3], EVENTUALLY_S, "no management message"),
        (lambda _: [b"\x0d"], EVENTUALLY_S, "1 bytes are no answer"),
        (lambda data: [data[:46] + b"\x02\0\0\2\0\x08\0\2\x20\0\0\0"], EVENTUALLY_S, "ptp4l refused DEFAULT_DATA_SET"),
    ],
)
async def test_what_is_no_answer_says_why(at_its_socket, answer, timeout_s, reason):
    path = at_its_socket(answer)
    result = await Ptp(path, 24, timeout_s, in_sync).ask()
    assert isinstance(result, NoAnswer)
    assert result.reason.startswith(f"ptp4l at {path}")
    assert reason in result.reason


async def test_a_kernel_that_tells_nothing(at_its_socket, honest):
    silence = NoAnswer("adjtimex failed: no")
    path = at_its_socket(lambda data: [honest(data)])
    assert await Ptp(path, 0, EVENTUALLY_S, lambda: silence).ask() == silence


async def test_nobody_there(tmp_path):
    path = tmp_path / "ptp4lro"
    assert await Ptp(str(path)).ask() == NoAnswer(f"nothing listens at {path} for ptp4l")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead:
        dead.bind(str(path))
    assert await Ptp(str(path)).ask() == NoAnswer(f"nothing listens at {path} for ptp4l")


async def test_a_path_that_cannot_be_asked():
    result = await Ptp("/" + "x" * 200).ask()
    assert result.reason.startswith("ptp4l at /xxx")
