import struct

import pytest

from communicator.protocol import HostPort
from tests.conftest import EVENTUALLY_S
from timekeeper.discipline import Discipline, Leap, NoAnswer, Reference, UpstreamState, count_states
from timekeeper.sources.mode6 import Request
from timekeeper.sources.ntpd import PEERS, read_ntpd
from timekeeper.verdict import find_fault

ALLOWED = ("restrict default noquery", "restrict 127.0.0.1")


# A real ntpd.


async def test_a_real_ntpd_with_a_falseticker(ntpd_host, eventually):
    for number, offset_s in enumerate((0.0, 0.0, -0.35)):
        await ntpd_host.start_server(number, offset_s)
    ntpd_host.start_ntpd(*ALLOWED)
    word = await eventually(
        ntpd_host.read,
        lambda answer: (
            isinstance(answer, Discipline)
            and not find_fault(answer)
            and count_states(answer.upstreams)["falseticker"] == 1
            and 0 < answer.root_dispersion_s < 2  # it begins with 16 s, and halves it by each answer
        ),
    )
    assert (word.leap, word.reference) == (Leap.NORMAL, Reference.OUTSIDE)
    assert word.stratum in (3, 4)
    assert abs(word.offset_s) < 0.1
    assert 0 <= word.root_delay_s < 0.1
    assert [upstream.name for upstream in word.upstreams if upstream.state is UpstreamState.FALSETICKER] == [
        "10.77.0.4"
    ]
    assert {upstream.name for upstream in word.upstreams} == {"10.77.0.2", "10.77.0.3", "10.77.0.4"}


async def test_the_sign_of_an_offset(ntpd_host, eventually):
    """The servers are 0.1 s behind, so this clock is 0.1 s ahead; without the privilege ntpd leaves it there."""
    for number in range(3):
        await ntpd_host.start_server(number, -0.1)
    ntpd_host.start_ntpd(*ALLOWED)
    word = await eventually(
        ntpd_host.read,
        lambda answer: isinstance(answer, Discipline) and not find_fault(answer) and abs(answer.offset_s) > 0.05,
    )
    assert word.offset_s == pytest.approx(0.1, abs=0.05)


@pytest.mark.short
async def test_an_ntpd_that_forbids_questions(ntpd_host, eventually):
    process = ntpd_host.start_ntpd("restrict default noquery")
    silence = NoAnswer(
        "ntpd at 127.0.0.1:123 did not answer in 0.3 s: unless ntp.conf allows questions"
        " (`restrict 127.0.0.1`), it ignores them"
    )

    async def ask():
        return await ntpd_host.read(timeout_s=0.3)

    await eventually(ask, lambda answer: answer == silence)
    process.kill()
    process.wait()
    assert await ntpd_host.read(EVENTUALLY_S) == NoAnswer("nothing listens at 127.0.0.1:123 for ntpd")


# Others that sit at its port.


def parts(request):
    _, opcode, sequence, _, association, _, count = struct.unpack_from("!BBHHHHH", request)
    return opcode, sequence, association, request[12 : 12 + count].decode()


def replies(request, *pieces, bits=0, status=0):
    """An answer that fits the request, in these pieces."""
    opcode, sequence, association, _ = parts(request)
    offset = 0
    for index, piece in enumerate(pieces):
        more = 0x20 * (index < len(pieces) - 1)
        yield (
            struct.pack(
                "!BBHHHHH", 0x16, 0x80 | bits | more | opcode, sequence, status, association, offset, len(piece)
            )
            + piece
        )
        offset += len(piece)


def refusal(request, code):
    return replies(request, b"", bits=0x40, status=code << 8)


SYSTEM = b"leap=0, stratum=2, rootdelay=1.0, rootdisp=2.0, refid=GPS, reftime=0xeeb13d5d.0, tc=4, offset=3.0"


def honest(request, peers=1):
    opcode, _, association, _ = parts(request)
    if opcode == Request.READ_STATUS:
        return replies(request, b"".join(struct.pack("!HH", number, 0x9614) for number in range(1, peers + 1)))
    if association:
        return replies(request, f"srcadr=192.0.2.{association}, refid=GPS".encode())
    return replies(request, SYSTEM[:20], SYSTEM[20:])


@pytest.fixture
def replayed(recorded_ntpd):
    """Answers as a real ntpsec did, under the number of each question."""

    def make(state):
        answers = recorded_ntpd(state)

        def answer(request):
            opcode, sequence, association, names = parts(request)
            for datagram in answers[opcode, association, names]:
                yield datagram[:2] + sequence.to_bytes(2) + datagram[4:]

        return answer

    return make


async def test_what_a_real_ntpd_answered(impostor, replayed):
    word = await read_ntpd(await impostor(replayed("synchronised")), EVENTUALLY_S)
    assert not find_fault(word)
    assert [(upstream.name, upstream.state.value) for upstream in word.upstreams] == [
        ("10.77.0.4", "falseticker"),
        ("10.77.0.3", "combined"),
        ("10.77.0.2", "selected"),
    ]


async def test_what_a_real_ntpd_answered_before_its_first_update(impostor, replayed):
    word = await read_ntpd(await impostor(replayed("starting")), EVENTUALLY_S)
    assert find_fault(word) == "ntpd says it is not synchronised"
    assert [upstream.reachable for upstream in word.upstreams] == [False, False, True]


async def test_servers_are_asked_about_within_a_bound(impostor):
    word = await read_ntpd(await impostor(lambda request: honest(request, peers=100)), EVENTUALLY_S)
    assert len(word.upstreams) == PEERS


async def test_a_server_that_is_dropped_meanwhile_is_left_out(impostor):
    def answer(request):
        return refusal(request, 4) if parts(request)[2] == 2 else honest(request, peers=3)

    word = await read_ntpd(await impostor(answer), EVENTUALLY_S)
    assert [upstream.name for upstream in word.upstreams] == ["192.0.2.1", "192.0.2.3"]


async def test_late_answers_are_passed_over(impostor):
    def answer(request):
        late = [datagram[:2] + bytes([datagram[2] ^ 0x80]) + datagram[3:] for datagram in honest(request)]
        return [*late, *honest(request)]

    assert isinstance(await read_ntpd(await impostor(answer), EVENTUALLY_S), Discipline)


@pytest.mark.parametrize(
    ("answer", "timeout_s", "reason"),
    [
        (
            lambda _: [],
            0.1,
            "did not answer in 0.1 s: unless ntp.conf allows questions (`restrict 127.0.0.1`), it ignores them",
        ),
        (lambda request: list(honest(request))[:1], 0.1, "did not answer in 0.1 s"),
        (lambda request: [request], EVENTUALLY_S, "opcode 0x2: no answer of mode 6"),
        (lambda _: [b"\x16"], EVENTUALLY_S, "1 bytes are no answer"),
        (lambda request: refusal(request, 7), EVENTUALLY_S, "ntpd refused READ_VARIABLES: forbidden"),
        (lambda request: replies(request, b"leap=0"), EVENTUALLY_S, "ntpd does not tell 'stratum'"),
        (lambda request: [b"\x16\x82" + bytes([request[2] ^ 0x80]) + bytes(9)] * 1000, 0.1, "did not answer in 0.1 s"),
    ],
)
async def test_what_is_no_answer_says_why(impostor, answer, timeout_s, reason):
    address = await impostor(answer)
    result = await read_ntpd(address, timeout_s)
    assert isinstance(result, NoAnswer)
    assert result.reason.startswith(f"ntpd at {address}")
    assert reason in result.reason


async def test_an_address_that_cannot_be_asked():
    result = await read_ntpd(HostPort("no.such.host.invalid", 123), EVENTUALLY_S)
    assert result.reason.startswith("ntpd at no.such.host.invalid:123 cannot be asked: ")
