import contextlib
import os
import signal
import socket
import threading

import pytest

from communicator import (
    BlockingClient,
    ClockStatus,
    LocalProtocolError,
    Message,
    MessageRefusedError,
    NoReceiverError,
    NotConnectedError,
    RegistrationRefusedError,
    ReplyTimeoutError,
    VersionBlockedError,
)
from communicator.client import blocking, connection
from communicator.client.connection import LINE_BYTES_READ, Connection
from communicator.client.inbox import MESSAGES
from communicator.errors import FaultyReplyError
from communicator.protocol import decode
from tests.conftest import EVENTUALLY_S

KEPT_S = 3.0
"""How long the router may take to say that it keeps a request, before that ends."""


class Script(threading.Thread):
    """Plays the router on one link: bytes are said, a name is heard; `heard` holds what the client said.

    What is to be said may also be a function of what was heard.
    """

    def __init__(self, path, steps):
        super().__init__()
        self.heard = []
        self._steps = steps
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen()
        self._listener.settimeout(EVENTUALLY_S)

    def run(self):
        with self._listener, self._listener.accept()[0] as link:
            link.settimeout(EVENTUALLY_S)
            with link.makefile("rb") as lines, contextlib.suppress(ConnectionError):  # the client may cut the link
                for step in self._steps:
                    if callable(step):
                        link.sendall(step(self.heard) + b"\n")
                    elif isinstance(step, bytes):
                        link.sendall(step + b"\n")
                    else:
                        self._hear(lines, step)

    def _hear(self, lines, command):
        for line in lines:
            self.heard.append(decode(line))
            if self.heard[-1].command == command:
                return


END = None
GREETING = ("REGISTER", b"<peer:communicatord HELP", b"<peer:communicatord READY", "CLOCK_STATUS")
GREETING_WITH_IDS = (*GREETING[:2], b"<peer:communicatord READY features=correlation/1;role=shadow", GREETING[3])


@pytest.fixture
def play(tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "CLOSE_S", 0.05)  # at the end of its script nobody plays the router any more
    threads = []

    def start(*steps, **options):
        path = tmp_path / "router.sock"
        script = Script(path, steps)
        script.start()
        threads.append(script)
        return script, BlockingClient(f"cd://{path}", "script", connect_timeout_s=EVENTUALLY_S, **options)

    yield start
    for thread in threads:
        thread.join()


def test_it_registers_asks_and_unregisters(play):
    script, client = play(*GREETING, "PING", b"<peer:ping script/PONG n=1", END)
    with client:
        assert (client.connected, client.server_name) == (True, "peer")
        assert client.request(Message("PING", {"n": "1"}, "ping"), "PONG").get("n") == "1"
    script.join()
    assert [message.command for message in script.heard] == [
        "REGISTER",
        "COMMANDS",
        "CLUSTER_GET_STATUS",
        "CLOCK_STATUS",
        "COMMANDS",
        "PING",
        "UNREGISTER",
    ]
    assert not client.connected


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"<peer:communicatord TRANSMISSION_REPORT command=PING;status=failed", NoReceiverError),
        (b"<peer:ping script/INVALID command=PING;message=no", MessageRefusedError),
    ],
)
def test_a_request_that_cannot_be_answered_ends_at_once(play, answer, error):
    _, client = play(*GREETING, "PING", answer, END)
    with client, pytest.raises(error):
        client.request(Message("PING", service="ping"), "PONG", timeout_s=60)


def test_a_request_without_an_answer_ends_at_its_deadline(play):
    _, client = play(*GREETING, END)
    with client:
        with pytest.raises(ReplyTimeoutError) as caught:
            client.request(Message("PING", service="ping"), "PONG", timeout_s=0.01)
        assert not caught.value.is_kept
        assert client.connected


def test_a_request_the_router_keeps_says_so_at_its_deadline(play):
    kept = b"<peer:communicatord TRANSMISSION_REPORT command=PING;status=cached"
    _, client = play(*GREETING, "PING", kept, END)
    with client, pytest.raises(ReplyTimeoutError, match="the router keeps it until the service comes") as caught:
        client.request(Message("PING", service="ping"), "PONG", timeout_s=KEPT_S)
    assert caught.value.is_kept


def test_a_burst_of_short_lines_is_received_whole(play):
    lines = 3 * MESSAGES
    _, client = play(*GREETING, b"\n".join([b"script/N"] * lines), END)
    with client:
        assert all(client.receive(timeout_s=EVENTUALLY_S) for _ in range(lines))
        assert client.dropped_messages == 0


def test_bad_lines_without_end_do_not_fill_the_log(play, caplog):
    _, client = play(*GREETING, b"\n".join([b"<peer nonsense"] * 1000), b"<peer:ping script/NOTE", END)
    with client:
        assert client.receive(timeout_s=EVENTUALLY_S).command == "NOTE"
    assert caplog.text.count("line_skipped") == 10


def test_messages_that_come_while_a_request_waits_are_received_after(play):
    _, client = play(*GREETING, "PING", b"<peer:ping script/NOTE n=1", b"<peer:ping script/PONG", END)
    with client:
        client.request(Message("PING", service="ping"), "PONG")
        assert client.receive(timeout_s=0).get("n") == "1"
        assert client.receive(timeout_s=0) is None


def test_the_states_are_recorded_and_alive_is_answered_while_it_reads(play):
    script, client = play(
        *GREETING,
        b"<peer:communicatord CLOCK_STABLE clock_resolution=verified",
        b"<peer:communicatord ALIVE serial=7",
        b"not a message",
        b"<peer:ping script/NOTE",
        "ABSOLUTELY",
        END,
    )
    with client:
        assert client.receive(timeout_s=EVENTUALLY_S).command == "NOTE"
        assert client.clock_status == ClockStatus(is_stable=True, resolution="verified")
        assert client.cluster_status is None
    script.join()
    assert "ABSOLUTELY" in [message.command for message in script.heard]


def test_stop_ends_receive(play):
    _, client = play(*GREETING, b"<peer:communicatord STOP", END)
    with client:
        assert client.receive() is None
        assert client.stop_asked


def test_a_lost_link_is_told(play):
    _, client = play(*GREETING, "GO", b"<peer:ping script/LAST")
    with client:
        client.send(Message("GO"))
        assert client.receive().command == "LAST"
        with pytest.raises(NotConnectedError, match="closed by the router"):
            client.receive()
        with pytest.raises(NotConnectedError):
            client.send(Message("PING"))
        assert not client.connected


def test_a_line_beyond_the_limit_ends_the_link(play):
    _, client = play(*GREETING, b"x" * (LINE_BYTES_READ + 1))
    with client, pytest.raises(NotConnectedError, match="more than 1049600 bytes"):
        client.receive()


@pytest.mark.parametrize(
    ("answer", "error", "told"),
    [
        (b"<peer:communicatord INVALID command=REGISTER;message=taken", RegistrationRefusedError, "refused: taken"),
        (b"<peer:communicatord VERSION_BLOCKED reason=bad;until_s=9", VersionBlockedError, "for 9 s: bad"),
    ],
)
def test_a_registration_that_fails_says_why(play, answer, error, told):
    _, client = play("REGISTER", answer, END)
    with pytest.raises(error, match=told):
        client.__enter__()


def test_what_a_router_said_before_it_hung_up_is_read(tmp_path, monkeypatch, refusing_router):
    path = tmp_path / "router.sock"
    with refusing_router(path, b"<peer:communicatord INVALID command=REGISTER;message=3 links are held") as ended:
        made = Connection.connection_made

        def come_late(link, transport):
            made(link, transport)
            ended()

        monkeypatch.setattr(Connection, "connection_made", come_late)
        with pytest.raises(RegistrationRefusedError, match="3 links are held"):
            BlockingClient(f"cd://{path}", "script").__enter__()


def test_a_router_that_says_nothing_or_hangs_up(tmp_path, play):
    _, client = play("REGISTER")
    with pytest.raises(NotConnectedError, match="closed by the router"):
        client.__enter__()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as mute:
        mute.bind(str(tmp_path / "mute.sock"))
        mute.listen()
        with pytest.raises(NotConnectedError, match=r"does not answer REGISTER within 0\.05 s"):
            BlockingClient(f"cd://{tmp_path}/mute.sock", "script", connect_timeout_s=0.05).__enter__()


def test_a_long_line_has_left_when_send_returns(play):
    script, client = play(*GREETING, "BIG")
    with client:
        client.send(Message("BIG", {"text": "x" * 900_000}, "ping"))
        script.join()  # nothing of the client runs meanwhile
        assert len(script.heard[-1].get("text")) == 900_000


def test_a_router_that_does_not_read_ends_the_link(play, monkeypatch):
    monkeypatch.setattr(blocking, "REPLY_TIMEOUT_S", 0.05)
    released = threading.Event()
    _, client = play(*GREETING, lambda _: released.wait(EVENTUALLY_S) and b"", END)
    with client:
        with pytest.raises(NotConnectedError, match="timed out"):
            client.send(Message("BIG", {"text": "x" * 900_000}, "ping"))
        assert not client.connected
        released.set()


def test_a_router_that_says_it_ends_is_left_at_once(play):
    script, client = play(*GREETING, b"<peer:communicatord DISCONNECTING", b"<peer:ping script/NOTE", END)
    with client:
        assert client.receive(timeout_s=EVENTUALLY_S).command == "NOTE"
        assert not client.connected
    script.join()
    assert "UNREGISTER" not in [message.command for message in script.heard]


def test_an_interrupt_ends_a_wait_and_the_registration(play):
    def interrupt(_):
        os.kill(os.getpid(), signal.SIGINT)
        return b""

    def go_and_wait():
        client.send(Message("GO"))
        client.receive()

    script, client = play(*GREETING, "GO", interrupt, END)
    with client, pytest.raises(KeyboardInterrupt):
        go_and_wait()
    script.join()
    assert script.heard[-1].command == "UNREGISTER"


async def test_beside_a_loop_of_its_thread_it_runs_in_another(play):
    _, client = play(*GREETING, "PING", b"<peer:ping script/PONG n=1", END)
    with client:
        assert client.request(Message("PING", service="ping"), "PONG").get("n") == "1"


def test_outside_its_block_it_says_so():
    with pytest.raises(NotConnectedError, match="'with' block"):
        BlockingClient("cd://127.0.0.1:1", "script").send(Message("PING"))


FAULTY = (b"<peer:ping script/PRINT copies=0", b"<peer:ping ./PRINT copies=0", b"<peer:ping script/PRINT copies=9")


def test_enforced_checks_refuse_what_is_faulty_in_both_directions(play, checks):
    script, client = play(*GREETING, "PRINT", *FAULTY, "INVALID", END, checks=checks("enforce"))
    with client:
        with pytest.raises(LocalProtocolError, match="PRINT may not be sent: parameter copies: '0' is not"):
            client.send(Message("PRINT", {"copies": "0"}, "ping"))
        with pytest.raises(LocalProtocolError, match="PRINT may not be sent"):
            client.request(Message("PRINT", {"copies": "0"}, "ping"), "PRINTED")
        client.send(Message("PRINT", {"copies": "1"}, "ping"))
        assert client.receive(timeout_s=EVENTUALLY_S).get("copies") == "9"
        assert client.faulty_messages == 4
    script.join()
    sent = [message for message in script.heard if message.command in ("PRINT", "INVALID")]
    assert [(message.command, message.destination) for message in sent] == [("PRINT", "ping"), ("INVALID", "peer:ping")]
    assert sent[1].get("message") == "parameter copies: '0' is not an integer from 1 to 99"


def test_an_enforced_check_ends_a_request_whose_reply_is_faulty(play, checks):
    answer = b"<peer:ping script/PRINTED pages=many"
    _, client = play(*GREETING, "PING", answer, "INVALID", END, checks=checks("enforce"))
    with client:
        with pytest.raises(FaultyReplyError, match="the reply PRINTED of 'peer:ping' is faulty: parameter pages"):
            client.request(Message("PING", service="ping"), "PRINTED", timeout_s=60)
        assert (client.connected, client.faulty_messages) == (True, 1)


def test_in_debug_faults_are_logged_and_counted_and_everything_passes(play, checks, caplog):
    script, client = play(*GREETING, "PRINT", *FAULTY, END, checks=checks("debug"))
    with client:
        client.send(Message("PRINT", {"copies": "0"}, "ping"))
        assert [client.receive(timeout_s=EVENTUALLY_S).get("copies") for _ in FAULTY] == ["0", "0", "9"]
        assert client.faulty_messages == 3
    script.join()
    assert "INVALID" not in [message.command for message in script.heard]
    assert caplog.text.count("message_faulty direction=out command=PRINT peer=ping ") == 1
    assert caplog.text.count("message_faulty direction=in command=PRINT peer=peer:ping ") == 2


@pytest.mark.parametrize("checking", [None, "off"])
def test_without_checks_nothing_is_looked_at(play, checks, checking, caplog):
    _, client = play(*GREETING, "PRINT", *FAULTY, END, checks=checks(checking) if checking else None)
    with client:
        client.send(Message("PRINT", {"copies": "0"}, "ping"))
        assert [client.receive(timeout_s=EVENTUALLY_S).get("copies") for _ in FAULTY] == ["0", "0", "9"]
        assert client.faulty_messages == 0
    assert "message_faulty" not in caplog.text


def pong(number):
    """The answer to the ping that came as this one."""

    def say(heard):
        asked = [message for message in heard if message.command == "PING"][number]
        return f"<peer:svc_b script/PONG n={number};correlation_id={asked.get('correlation_id')}".encode()

    return say


def test_a_late_reply_answers_no_later_request(play):
    _, client = play(*GREETING_WITH_IDS, "PING", "PING", pong(0), pong(1), END)
    ping = Message("PING", service="svc_b")
    with client:
        with pytest.raises(ReplyTimeoutError):
            client.request(ping, "PONG", timeout_s=0.001)
        assert client.request(ping, "PONG").get("n") == "1"
        late = client.receive(timeout_s=EVENTUALLY_S)
        assert late.get("n") == "0"


def test_it_knows_its_role_and_what_is_a_copy_for_a_shadow(play):
    _, client = play(*GREETING_WITH_IDS, b"<peer:svc_b script/PING shadow=1;shadow_id=k-1", END)
    assert client.role == "live"
    with client:
        assert client.role == "shadow"
        assert client.receive(timeout_s=EVENTUALLY_S).is_shadow
