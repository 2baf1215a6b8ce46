"""What a communicatord does for others: remote and secure doors, dials, kept files, passwords, and what follows a SIGHUP."""

import asyncio
import contextlib
import os
import signal
import socket

import pytest
from argon2 import PasswordHasher

from communicator.daemon.credentials import CredentialChecker
from communicator.daemon.passwords import Entry, write_entry
from communicator.daemon.tls import load_trust
from communicator.router import Router
from communicator.router.mesh.gatekeeper import REFUSALS_TOLD
from communicator.router.vocabulary.effects import CheckCredential, Close, Dial, Keep, KeptFile
from communicator.router.vocabulary.events import (
    CloseReason,
    CredentialChecked,
    CredentialsRevoked,
    DialFailed,
    LinesReceived,
    LinkClosed,
    LinkKind,
    LinkOpened,
    Opens,
)

WISHES = ("DIAL", "KEEP", "CHECK", "CLOSE")


class Told(Router):
    """Keeps what it was told of links, dials and passwords, and asks for what a line says.

    ``DIAL host port secure``, ``KEEP file content``, ``CHECK username password`` and ``CLOSE link`` become effects; all else
    is routed.
    """

    def __init__(self, config, now) -> None:
        super().__init__(config, now)
        self.events = []
        self.config = config
        type(self).last = self

    def reconfigure(self, config, now):
        self.config = config
        return super().reconfigure(config, now)

    def handle(self, event, now):
        if isinstance(event, LinesReceived):
            lines = event.lines.decode().splitlines()
            wishes = [line.split() for line in lines if line.split()[0] in WISHES]
            rest = "".join(f"{line}\n" for line in lines if line.split()[0] not in WISHES)
            effects = [self._wish(event.link, *words) for words in wishes]
            return effects + (super().handle(LinesReceived(event.link, rest.encode()), now) if rest else [])
        if isinstance(event, DialFailed | CredentialChecked):  # of what it did not ask for it knows nothing
            self.events.append(event)
            return []
        if isinstance(event, LinkOpened | LinkClosed | CredentialsRevoked):
            self.events.append(event)
        return super().handle(event, now)

    def _wish(self, link, what, *words):
        if what == "DIAL":
            return Dial(77, words[0], int(words[1]), words[2] == "secure")
        if what == "KEEP":
            return Keep(KeptFile(words[0]), " ".join(words[1:]))
        if what == "CLOSE":
            return Close(int(words[0]), CloseReason.LIMIT)
        return CheckCredential(link, *words)


@pytest.fixture
def run(run_router, eventually):
    """A router that keeps what it was told; ``told(kind)`` waits for the first such event."""

    def start(*assignments):
        return run_router(*assignments, core=Told)

    async def told(kind, /, **values):
        def fits(event):
            return isinstance(event, kind) and all(getattr(event, name) == value for name, value in values.items())

        async def ask():
            return [event for event in Told.last.events if fits(event)]

        return (await eventually(ask, bool))[0]

    return start, told


async def _hang_up(peer) -> None:
    os.kill(os.getpid(), signal.SIGHUP)
    await peer.sync()


def _tls(tls, **more) -> str:
    values = {"certificate": tls.certificate, "private_key": tls.private_key, "ca": tls.ca}
    return "tls={" + ", ".join(f'{key}="{value}"' for key, value in values.items()) + "".join(more.values()) + "}"


@pytest.fixture
def secure(authority):
    return "listen.secure=127.0.0.1:0", _tls(authority.issue("alpha"))


async def _enter_secure(router, tls) -> asyncio.WriteTransport:
    """Somebody at the secure door; its end of the link."""
    loop = asyncio.get_running_loop()
    context = load_trust(tls).client
    transport, _ = await loop.create_connection(
        asyncio.Protocol, *router.address("secure"), ssl=context, server_hostname="alpha"
    )
    return transport


async def test_a_remote_link_is_told_with_its_kind(run):
    start, told = run
    async with start("listen.remote=127.0.0.2:0") as router:
        assert router.ports["remote"].startswith("127.0.0.2:")
        assert Told.last.config.my_address == router.ports["remote"]
        with socket.create_connection(router.address("remote"), source_address=("127.0.0.9", 0)):
            opened = await told(LinkOpened, kind=LinkKind.REMOTE)
        assert opened.address.startswith("127.0.0.9:")
        assert (opened.dial, opened.certificate, opened.user) == (None, None, None)
        assert router.events("cluster_on_loopback")[0]["my_address"] == router.ports["remote"]


async def test_a_secure_link_is_told_with_the_names_in_its_certificate(run, secure, authority):
    start, told = run
    async with start(*secure) as router:
        assert Told.last.config.my_address == router.ports["secure"]
        assert Told.last.config.cluster.secure
        beta = await _enter_secure(router, authority.issue("beta"))
        assert (await told(LinkOpened, kind=LinkKind.SECURE)).certificate == {"beta"}
        beta.abort()
        await told(LinkClosed)


async def test_who_fails_the_handshake_is_no_link_and_is_logged_once(run, secure):
    start, _ = run
    async with start(*secure) as router:
        peer = await router.connect()
        for _ in range(3):
            with socket.create_connection(router.address("secure")) as passer_by:
                passer_by.sendall(b"CONNECT version=1\n")
                passer_by.setblocking(False)  # noqa: FBT003 - its one parameter
                while await asyncio.wait_for(asyncio.get_running_loop().sock_recv(passer_by, 1000), 20):
                    pass
            await peer.sync()
        assert [entry["reason"] for entry in router.events("handshake_failed")] == ["it does not speak TLS"]
        assert [event.kind for event in Told.last.events] == [LinkKind.UNIX]
        assert (await peer.statistics())["tls_handshakes_failed_total"] == 3


@pytest.mark.parametrize("door", ["remote", "secure"])
async def test_a_dial_becomes_a_link_at_both_ends(run, secure, door):
    start, told = run
    async with start("listen.remote=127.0.0.2:0", *secure) as router:
        peer = await router.connect()
        host, port = router.address(door)
        peer.say(f"DIAL {host} {port} {door}")
        ours = await told(LinkOpened, dial=77)
        theirs = await told(LinkOpened, kind=LinkKind(door), dial=None)
        assert ours.kind is LinkKind(door)
        names = frozenset(("alpha",)) if door == "secure" else None
        assert (ours.certificate, theirs.certificate) == (names, names)
        assert ours.address == router.ports[door]


async def test_a_dial_that_comes_to_nothing_is_told(run):
    start, told = run
    async with start() as router:
        peer = await router.connect()
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            peer.say(f"DIAL 127.0.0.1 {bound.getsockname()[1]} plain")
            assert await told(DialFailed) == DialFailed(77, "refused")


async def test_what_is_to_be_kept_is_there_at_the_end_and_is_read_at_the_next_start(run):
    start, _ = run
    async with start() as router:
        data = router.ports_file.parent / "data"
        peer = await router.connect()
        peer.say("KEEP neighbors.txt 127.0.0.3:4042")
        peer.say("KEEP policy.json {}")
        await peer.sync()
    assert (data / "neighbors.txt").read_text() == "127.0.0.3:4042"
    async with start():
        assert Told.last.config.cluster.saved_neighbors == "127.0.0.3:4042"
        assert Told.last.config.policy == "{}"
    (data / "policy.json").write_bytes(b"\xff")
    async with start() as router:
        assert Told.last.config.policy == ""
        assert router.events("kept_file_ignored")[0]["path"] == str(data / "policy.json")


async def test_what_cannot_be_kept_is_told(run, eventually):
    start, _ = run
    async with start() as router:
        peer = await router.connect()
        data = router.ports_file.parent / "data"

        for content in "vx":
            peer.say(f"KEEP neighbors.txt {content}")
            await peer.sync()

        async def quiet():
            names = sorted(file.name for file in data.glob("*"))
            return names == ["cluster-status.txt", "neighbors.txt"] and (data / "neighbors.txt").read_text() == "x"

        await eventually(quiet, bool)
        for file in data.iterdir():
            file.unlink()
        data.rmdir()
        data.touch()
        peer.say("KEEP neighbors.txt y")
        await peer.sync()
        router.daemon.stop()
        await router.end()
        assert str(data / "neighbors.txt") in [entry["path"] for entry in router.events("file_not_kept")]


async def test_a_router_alone_without_a_place_to_keep_things_says_so_and_starts(run):
    start, _ = run
    async with start("data_path=/nowhere/at/all") as router:
        assert router.events("nothing_is_kept")[0]["path"] == "/nowhere/at/all"
        await (await router.connect()).sync()
    with pytest.raises(AssertionError, match="data_path"):
        async with start("data_path=/nowhere/at/all", "listen.remote=127.0.0.1:0"):
            pass


@pytest.fixture
def passwords(tmp_path):
    """A password file, and a way to change what beta has to say."""
    file = tmp_path / "passwords"

    def change(password: str) -> None:
        hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)
        write_entry(file, "key", Entry("beta", Opens.ROUTER, frozenset(("beta",)), hashed))

    change("sesame")
    return file, change


async def test_a_password_is_verified_before_anything_else_of_that_link(run, passwords):
    start, told = run
    async with start(f"auth.password_file={passwords[0]}") as router:
        peer, other = await router.connect(), await router.connect()
        peer.say("CHECK beta sesame")
        await other.sync()
        peer.say("ALIVE serial=after")
        assert (await told(CredentialChecked)).credential.username == "beta"
        await peer.hear_until("serial=after")
        peer.say("CHECK beta wrong")
        assert (await told(CredentialChecked, credential=None)).link == 1


async def _show_password(router, source: str, password: str) -> str:
    """What a router that comes from there hears before anything else; empty when it is let go without a word."""
    reader, writer = await asyncio.open_connection(*router.address("remote"), local_addr=(source, 0))
    who = f"my_address={source}:4042;server_name=beta;username=beta;password={password}"
    with contextlib.closing(writer), contextlib.suppress(ConnectionError):
        writer.write(f"CONNECT version=1;{who}\n".encode())
        return (await asyncio.wait_for(reader.readline(), 20)).decode()
    return ""


async def test_who_goes_on_with_wrong_passwords_is_kept_out_and_others_are_not(run_router, passwords):
    async with run_router("listen.remote=127.0.0.1:0", f"auth.password_file={passwords[0]}") as router:
        peer = await router.connect()
        told = [await _show_password(router, "127.0.0.2", "wrong")]
        while told[-1]:
            told.append(await _show_password(router, "127.0.0.2", "wrong"))
        assert "wrong username or password" in told[0]
        assert sum("try again in" in each for each in told) >= REFUSALS_TOLD
        assert {entry["ip"] for entry in router.events("address_kept_out")} == {"127.0.0.2"}
        assert (await peer.statistics())["connections_kept_out_total"] == 1
        assert "wrong username or password" in await _show_password(router, "127.0.0.4", "wrong")
        assert " ACCEPT " in await _show_password(router, "127.0.0.3", "sesame")


@pytest.fixture
def slow_passwords(monkeypatch):
    """Passwords that are verified when the test answers: what is to be called for each."""
    waiting = []
    monkeypatch.setattr(CredentialChecker, "check", lambda _self, _asked, done: waiting.append(done))
    return waiting


async def test_nothing_is_read_of_a_link_whose_password_is_being_verified(run, slow_passwords):
    start, told = run
    async with start() as router:
        peer, other = await router.connect("local"), await router.connect()
        peer.say("CHECK beta sesame")
        while not slow_passwords:
            await other.sync()
        peer.say("ALIVE serial=after")
        for _ in range(20):
            await other.sync()
        before = (await other.statistics())["commands_total"]["ALIVE"]
        slow_passwords[0](None)
        assert (await told(CredentialChecked)).credential is None
        await peer.hear_until("serial=after")
        assert (await other.statistics())["commands_total"]["ALIVE"] == before + 1


async def test_the_answer_for_a_link_that_is_gone_counts_all_the_same(run, slow_passwords):
    start, told = run
    async with start() as router:
        other = await router.connect()
        peer = await router.connect("local")
        peer.say("CHECK beta sesame")
        while not slow_passwords:
            await other.sync()
        peer.writer.transport.abort()
        link = (await told(LinkOpened, kind=LinkKind.LOCAL)).link
        other.say(f"CLOSE {link}")  # it is not read from, and so nobody notices that it is gone
        await told(LinkClosed, link=link)
        slow_passwords[0](None)
        assert await told(CredentialChecked, link=link) == CredentialChecked(link, None)


async def test_who_cannot_be_verified_now_has_not_shown_a_password(run, monkeypatch):
    def fail(*_):
        raise OSError("no thread left")

    monkeypatch.setattr(CredentialChecker, "check", fail)
    start, told = run
    async with start() as router:
        peer = await router.connect()
        peer.say("CHECK beta sesame")
        assert (await told(CredentialChecked)).credential is None
        assert router.events("effect_failed")[0]["effect"] == "CheckCredential"
        await peer.sync()


class AnswerHook(Told):
    """Fails at the answer a link waits for."""

    def handle(self, event, now):
        if isinstance(event, CredentialChecked):
            raise RuntimeError("hook")  # noqa: TRY004 - any exception will do
        return super().handle(event, now)


async def test_a_link_whose_answer_cannot_be_handled_is_closed(run_router):
    async with run_router(core=AnswerHook) as router:
        peer = await router.connect()
        peer.say("CHECK beta sesame")
        assert await peer.hear_rest() == b""
        assert [entry["stage"] for entry in router.events("handler_failed")] == ["credential_checked"]


async def test_hang_up_cuts_who_came_in_by_what_no_longer_counts(run, secure, passwords, authority):
    start, told = run
    async with start(*secure, f"auth.password_file={passwords[0]}") as router:
        peer = await router.connect()
        beta = await _enter_secure(router, authority.issue("beta"))
        link = (await told(LinkOpened, kind=LinkKind.SECURE)).link
        await _hang_up(peer)
        assert not [event for event in Told.last.events if isinstance(event, CredentialsRevoked)]
        passwords[1]("another")
        await _hang_up(peer)
        assert await told(CredentialsRevoked) == CredentialsRevoked(frozenset(("beta",)))
        authority.revoke(authority.issue("gone"))
        await _hang_up(peer)
        await told(CredentialsRevoked, links=frozenset((link,)))
        assert (await told(LinkClosed, link=link)).reason is CloseReason.AUTH
        assert [event.link for event in Told.last.events if isinstance(event, LinkClosed)] == [link]
        beta.abort()


async def test_hang_up_brings_what_may_change_of_the_cluster(run, passwords, tmp_path):
    start, _ = run
    secret = tmp_path / "secret"
    secret.touch(0o600)
    secret.write_text("open")
    async with start("listen.remote=127.0.0.1:0", "server_name=alpha") as router:
        peer = await router.connect()
        before = Told.last.config
        assert not before.cluster.demands_credentials
        router.reload_to(
            [
                'cluster={neighbors=["127.0.0.9:1"], discover=false, remote_shutdown=true}',
                f'auth={{password_file="{passwords[0]}", username="alpha", secret_file="{secret}"}}',
                'services.canary.may_send=["timekeeper/*"]',
                "listen.remote=127.0.0.5:0",
                "cluster.my_address=127.0.0.5:9",
                "data_path=/elsewhere",
            ]
        )
        await _hang_up(peer)
        after = Told.last.config
        assert after.may_send == {"canary": ("timekeeper/*",)}
        assert (after.cluster.discover, after.cluster.remote_shutdown) == (False, True)
        assert [str(neighbor.host_port) for neighbor in after.cluster.neighbors] == ["127.0.0.9:1"]
        assert (after.cluster.username, after.cluster.password) == ("alpha", "open")
        assert after.cluster.demands_credentials
        assert (after.my_address, after.boot_id) == (before.my_address, before.boot_id)
        assert after.own_ips == before.own_ips
        keys = router.events("config_needs_restart")[0]["keys"]
        assert keys == "data_path,listen.remote,cluster.my_address"


@pytest.mark.parametrize(
    ("assignments", "key"),
    [
        (["auth.mode=none", "listen.remote="], "listen.remote"),  # the door it is about is still open
        (["listen.secure=", 'tls={certificate="", private_key=""}'], "tls.certificate"),
        (["tls.ca=/nowhere"], "tls.ca"),
        (["auth.password_file=/nowhere"], "auth.password_file"),
    ],
)
async def test_hang_up_with_rules_that_would_let_anybody_in_by_an_open_door_changes_nothing(
    run, passwords, authority, assignments, key
):
    start, _ = run
    open_to_all = (
        "listen.remote=0.0.0.0:0",
        "listen.secure=127.0.0.1:0",
        "cluster.my_address=10.0.0.5:4042",
        _tls(authority.issue("alpha")),
        f'auth={{password_file="{passwords[0]}", allow_cleartext_password=true}}',
    )
    async with start(*open_to_all) as router:
        peer = await router.connect()
        before = Told.last.config
        if "auth.mode=none" in assignments:
            assignments = [*assignments, "auth.password_file="]
        router.reload_to(assignments)
        await _hang_up(peer)
        assert router.events("config_reload_failed")[0]["reason"].startswith(f"{key}:")
        assert Told.last.config == before


async def test_at_the_end_nobody_is_left_in_a_handshake(run, secure):
    start, _ = run
    async with start(*secure) as router:
        with socket.create_connection(router.address("secure")) as stalling:
            await (await router.connect()).sync()
            router.daemon.stop()
            assert await router.end() == 0
            stalling.settimeout(20)
            with contextlib.suppress(ConnectionResetError):
                assert stalling.recv(10) == b""
