"""The doors for other hosts over real sockets, in clear and over TLS: who comes through, who does not, what the latter can cost."""

import asyncio
import contextlib
import socket
from collections import deque

import msgspec
import pytest

from communicator.daemon import remote_door
from communicator.daemon.remote_door import RemoteDoor
from communicator.daemon.tls import load_trust
from communicator.fairness.sources import Standing


class Inside(asyncio.Protocol):
    """Stands for a link."""

    def __init__(self, links) -> None:
        self.links = links

    def connection_made(self, transport):
        self.links.put_nowait(transport)


class Crowd:
    """A listening socket before which somebody of each of these hosts stands already."""

    def __init__(self, hosts) -> None:
        self._standing = deque(hosts)
        self.outside: list[socket.socket] = []

    def accept(self):
        if not self._standing:
            raise BlockingIOError
        connected, outside = socket.socketpair()
        self.outside.append(outside)
        return connected, (self._standing.popleft(), 50_000 + len(self.outside))


class Porch:
    """An open door, who came in, and what was told of the others.

    Args:
        tls: The door's certificate; None: in clear.
    """

    def __init__(self, tls) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.address = self.listening.getsockname()
        self.links: asyncio.Queue = asyncio.Queue()
        self.told: asyncio.Queue = asyncio.Queue()
        self.trust = None if tls is None else load_trust(tls)
        self.door = RemoteDoor(
            self.listening,
            None if tls is None else lambda: self.trust.server,
            lambda: Inside(self.links),
            lambda address, reason: self.told.put_nowait((address.rpartition(":")[0], reason)),
            lambda host: Standing.KNOWN if host == "127.0.0.77" else Standing.NEW,
        )
        self.door.open()
        self._sockets: list[socket.socket] = []
        self._inside: list[asyncio.Transport] = []

    async def hear(self):
        """What is told next."""
        return await asyncio.wait_for(self.told.get(), 20)

    def knock(self, source: str = "127.0.0.1") -> socket.socket:
        """Somebody who connects and says nothing yet."""
        self._sockets.append(socket.create_connection(self.address, source_address=(source, 0)))
        self._sockets[-1].setblocking(False)  # noqa: FBT003 - its one parameter
        return self._sockets[-1]

    async def come_in(self) -> str:
        """Who is a link next."""
        inside = await asyncio.wait_for(self.links.get(), 20)
        self._inside.append(inside)
        return inside.get_extra_info("peername")

    async def hear_end(self, knocking: socket.socket) -> None:
        """Somebody is let go without a word."""
        assert await asyncio.wait_for(asyncio.get_running_loop().sock_recv(knocking, 60), 20) == b""

    async def enter(self, tls, source: str = "127.0.0.1"):
        """Somebody who shakes hands; the certificate the door saw, or None."""
        knocking = self.knock(source)
        loop = asyncio.get_running_loop()
        context = {} if tls is None else {"ssl": load_trust(tls).client, "server_hostname": "alpha"}
        transport, _ = await loop.create_connection(asyncio.Protocol, sock=knocking, **context)
        inside = await asyncio.wait_for(self.links.get(), 20)
        certificate = inside.get_extra_info("peercert")
        transport.abort()
        inside.abort()
        return certificate

    async def close(self) -> None:
        await asyncio.wait_for(self.door.close(), 60)
        self.listening.close()
        while not self.links.empty():
            self._inside.append(self.links.get_nowait())
        for inside in self._inside:
            inside.abort()
        for knocking in self._sockets:
            knocking.close()


@pytest.fixture
async def open_porch(monkeypatch):
    monkeypatch.setattr(remote_door, "HANDSHAKE_S", 20.0)  # nobody here is slow but the machine
    async with contextlib.AsyncExitStack() as porches:

        def make(tls) -> Porch:
            porch = Porch(tls)
            porches.push_async_callback(porch.close)
            return porch

        yield make


@pytest.fixture
async def porch(open_porch, authority):
    return open_porch(authority.issue("alpha"))


@pytest.fixture
async def plain(open_porch):
    return open_porch(None)


async def test_who_shakes_hands_is_a_link_with_a_name(porch, authority):
    certificate = await porch.enter(authority.issue("beta"))
    assert certificate["subjectAltName"] == (("DNS", "beta"),)
    assert porch.door.failures == 0


async def test_the_files_of_now_count(porch, authority):
    stranger = msgspec.structs.replace(authority.issue("alpha"), require_client_certificate=True)
    assert await porch.enter(msgspec.structs.replace(authority.issue("beta"), certificate="", private_key="")) is None
    authority.revoke(authority.issue("gone"))  # a list is there from now on
    porch.trust = load_trust(stranger)
    assert await porch.enter(authority.issue("beta"))


async def test_who_speaks_in_clear_is_told_and_is_no_link(porch, caplog):
    loop = asyncio.get_running_loop()
    caplog.set_level("INFO")
    await loop.sock_sendall(porch.knock(), b"CONNECT version=1;server_name=beta;my_address=10.0.0.6:4042\n")
    assert await porch.hear() == ("127.0.0.1", "it does not speak TLS")
    assert porch.door.failures == 1
    assert caplog.records == []


async def test_who_stalls_is_let_go_in_time(porch, monkeypatch, caplog):
    caplog.set_level("INFO")
    monkeypatch.setattr(remote_door, "HANDSHAKE_S", 0.2)
    porch.knock()
    assert (await porch.hear())[1].startswith("no TLS answer within")
    assert caplog.records == []


async def test_who_hangs_up_is_told(porch, caplog):
    caplog.set_level("INFO")
    porch.knock().close()
    assert await porch.hear() == ("127.0.0.1", "it hung up during the TLS handshake")
    assert caplog.records == []


@pytest.mark.parametrize("fault", ["none", "expired", "revoked", "unknown"])
async def test_a_client_certificate_that_is_not_good_is_told(open_porch, authority, tmp_path_factory, fault, caplog):
    caplog.set_level("INFO")
    alpha = msgspec.structs.replace(authority.issue("alpha"), require_client_certificate=True)
    beta = authority.issue("beta", expired=fault == "expired")
    if fault == "none":
        beta = msgspec.structs.replace(beta, certificate="", private_key="")
    elif fault == "revoked":
        authority.revoke(beta)
    elif fault == "unknown":
        beta = msgspec.structs.replace(type(authority)(tmp_path_factory.mktemp("other")).issue("beta"), ca=alpha.ca)
    porch = open_porch(alpha)
    loop = asyncio.get_running_loop()
    ended = loop.create_future()

    class Outside(asyncio.Protocol):
        def connection_lost(self, _error):
            ended.set_result(None)

    await loop.create_connection(Outside, sock=porch.knock(), ssl=load_trust(beta).client, server_hostname="alpha")
    _, reason = await porch.hear()
    assert reason.startswith("certificate: ")
    await asyncio.wait_for(ended, 20)  # over TLS 1.3 it learns only after its own handshake
    assert caplog.records == []


async def test_of_one_host_a_failure_is_told_once_and_all_are_counted(porch, authority):
    for _ in range(5):
        porch.knock().close()
    assert (await porch.hear())[0] == "127.0.0.1"
    while porch.door.failures < 5:
        await porch.enter(authority.issue("beta"))
    porch.knock("127.0.0.9").close()
    assert (await porch.hear())[0] == "127.0.0.9"
    assert porch.door.failures == 6


async def test_hosts_that_were_told_are_forgotten_when_they_are_too_many(porch, monkeypatch):
    monkeypatch.setattr(remote_door, "_HOSTS_TOLD", 2)
    for source in ("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.2"):
        porch.knock(source).close()
        assert (await porch.hear())[0] == source


async def test_a_host_that_stalls_its_handshakes_does_not_keep_others_out(open_porch, authority, monkeypatch):
    monkeypatch.setattr(remote_door, "HANDSHAKES_OF_ONE_HOST", 3)
    porch = open_porch(authority.issue("alpha"))
    for _ in range(4):
        porch.knock("127.0.0.2")
    assert await porch.hear() == ("127.0.0.2", "its handshake took long, and there are too many at once")
    assert await porch.enter(authority.issue("beta"), "127.0.0.3")


async def test_when_too_many_shake_hands_the_one_that_takes_longest_is_given_up(open_porch, authority, monkeypatch):
    monkeypatch.setattr(remote_door, "HANDSHAKES", 4)
    monkeypatch.setattr(remote_door, "HANDSHAKES_OF_ONE_HOST", 2)
    porch = open_porch(authority.issue("alpha"))
    first, _ = porch.knock("127.0.0.2"), porch.knock("127.0.0.3")
    assert await porch.enter(authority.issue("beta"), "127.0.0.4")
    await porch.hear_end(first)
    assert (await porch.hear())[0] == "127.0.0.2"
    assert porch.door.failures == 1


async def test_half_of_the_handshakes_are_for_whom_we_know(open_porch, authority, monkeypatch):
    monkeypatch.setattr(remote_door, "HANDSHAKES", 4)
    porch = open_porch(authority.issue("alpha"))
    for host in (2, 3):
        porch.knock(f"127.0.0.{host}")
    assert await porch.enter(authority.issue("beta"), "127.0.0.77")
    assert porch.door.failures == 0


class Exhausted:
    """A listening socket for which there is no descriptor at first."""

    def __init__(self, listening) -> None:
        self.listening = listening
        self.tries = 0

    def fileno(self):
        return self.listening.fileno()

    def accept(self):
        self.tries += 1
        if self.tries == 1:
            raise OSError(24, "Too many open files")
        return self.listening.accept()


@pytest.mark.parametrize("name", [None, "alpha"], ids=["plain", "secure"])
async def test_without_descriptors_it_goes_on_a_little_later(open_porch, authority, monkeypatch, name):
    monkeypatch.setattr(remote_door, "RETRY_S", 0.1)
    tls = name and authority.issue(name)
    porch = open_porch(tls)
    porch.door._rest()
    porch.door._listening = Exhausted(porch.listening)
    porch.door._listen()
    entering = asyncio.get_running_loop().create_task(porch.enter(tls))
    assert await porch.hear() == ("everybody", "too many open files")
    await entering


async def test_at_the_end_handshakes_under_way_are_given_up(porch, authority):
    knocking = porch.knock()
    assert await porch.enter(authority.issue("beta"))  # who came later is through: the first one is being waited for
    assert porch.door._handshakes
    await asyncio.wait_for(porch.door.close(), 60)
    assert not porch.door._handshakes
    loop = asyncio.get_running_loop()
    assert await asyncio.wait_for(loop.sock_recv(knocking, 10), 60) == b""
    with socket.create_connection(porch.address) as late:
        late.setblocking(False)  # noqa: FBT003 - its one parameter
        assert porch.links.empty()
        assert porch.told.empty()


# In clear.


async def test_they_come_in_one_after_the_other_and_nobody_starves(plain):
    knocking = [plain.knock(f"127.0.0.{2 + number % 3}").getsockname() for number in range(50)]
    assert [await plain.come_in() for _ in knocking] == knocking
    assert plain.door.failures == plain.door.kept_out == 0
    assert plain.told.empty()


async def test_between_one_and_the_next_time_passes(plain, monkeypatch):
    monkeypatch.setattr(remote_door, "PACE_S", 0.05)
    loop = asyncio.get_running_loop()
    times = []
    for _ in range(4):
        plain.knock()
    for _ in range(4):
        await plain.come_in()
        times.append(loop.time())
    assert times[-1] - times[0] >= 3 * 0.045


async def test_who_waits_in_line_at_the_end_never_comes_in(plain, monkeypatch):
    monkeypatch.setattr(remote_door, "PACE_S", 3600.0)
    first, second = plain.knock("127.0.0.2"), plain.knock("127.0.0.3")
    assert await plain.come_in() == first.getsockname()
    await asyncio.wait_for(plain.door.close(), 60)
    plain.listening.close()
    with contextlib.suppress(ConnectionResetError):  # where the kernel had it still
        await plain.hear_end(second)
    assert plain.links.empty()
    assert plain.told.empty()


class Told(asyncio.Protocol):
    """Stands for a link that has to hear its end once it has heard its beginning."""

    def __init__(self) -> None:
        self.beginning = asyncio.get_running_loop().create_future()
        self.end = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.beginning.set_result(transport)

    def connection_lost(self, _error):
        self.end.set_result(None)


@pytest.mark.parametrize("leaves", ["before", "after", "never"])
@pytest.mark.parametrize("turns", range(6))
async def test_who_is_coming_in_in_clear_at_the_end_is_a_link_that_ends_like_any_other(
    plain, monkeypatch, turns, leaves
):
    monkeypatch.setattr(remote_door, "PACE_S", 3600.0)
    links: list[Told] = []
    plain.door._enter = lambda: links.append(Told()) or links[-1]
    plain.door._rest()
    crowd = plain.door._listening = Crowd(["127.0.0.2"])
    plain.door._accept()
    with crowd.outside[0] as outside:
        if leaves == "before":
            outside.close()
        for _ in range(turns):
            await asyncio.sleep(0)
        await asyncio.wait_for(plain.door.close(), 60)
        if leaves == "after":
            outside.close()
        transport = await asyncio.wait_for(links[0].beginning, 60)
        transport.close()
        await asyncio.wait_for(links[0].end, 60)


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 4, 5, 8, 12, 20])
async def test_who_is_coming_in_over_tls_at_the_end_is_let_go(porch, authority, monkeypatch, turns):
    monkeypatch.setattr(remote_door, "PACE_S", 3600.0)
    links: list[Told] = []
    porch.door._enter = lambda: links.append(Told()) or links[-1]
    porch.door._rest()
    crowd = porch.door._listening = Crowd(["127.0.0.2"])
    porch.door._accept()
    outside = Told()
    coming = asyncio.get_running_loop().create_task(
        asyncio.get_running_loop().create_connection(
            lambda: outside,
            sock=crowd.outside[0],
            ssl=load_trust(authority.issue("beta")).client,
            server_hostname="alpha",
        )
    )
    for _ in range(turns):
        await asyncio.sleep(0)
    await asyncio.wait_for(porch.door.close(), 60)
    for link in links:
        if link.beginning.done():
            link.beginning.result().abort()
            await asyncio.wait_for(link.end, 60)
    with contextlib.suppress(OSError):
        transport, _ = await asyncio.wait_for(coming, 60)
        transport.abort()
    assert not porch.door._handshakes


# Kept out.


@pytest.mark.parametrize("name", [None, "alpha"], ids=["plain", "secure"])
async def test_who_is_kept_out_is_let_go_at_once_and_others_are_not(open_porch, authority, name):
    tls = name and authority.issue(name)
    porch = open_porch(tls)
    porch.door.keep_out("127.0.0.2", 3600.0)
    for _ in range(3):
        await porch.hear_end(porch.knock("127.0.0.2"))
    await porch.enter(tls, "127.0.0.3")
    assert (porch.door.kept_out, porch.door.failures) == (3, 0)
    assert porch.links.empty()
    assert porch.told.empty()


async def test_when_the_time_is_over_they_are_let_in_again(plain):
    loop = asyncio.get_running_loop()
    plain.door.keep_out("127.0.0.2", 3600.0)
    await plain.hear_end(plain.knock("127.0.0.2"))
    plain.door.keep_out("127.0.0.2", 0.1)  # the later word counts
    entering = loop.create_task(plain.come_in())
    while not entering.done():
        let_go = loop.create_task(plain.hear_end(plain.knock("127.0.0.2")))
        await asyncio.wait((entering, let_go), return_when=asyncio.FIRST_COMPLETED)
    let_go.cancel()
    assert (await entering)[0] == "127.0.0.2"


async def test_who_is_inside_stays(plain):
    loop = asyncio.get_running_loop()
    knocking = plain.knock("127.0.0.2")
    await plain.come_in()
    plain.door.keep_out("127.0.0.2", 3600.0)
    await plain.hear_end(plain.knock("127.0.0.2"))
    plain._inside[0].write(b"still here")
    assert await asyncio.wait_for(loop.sock_recv(knocking, 60), 20) == b"still here"


async def line_up(plain, hosts):
    """Let these come before an open door in one turn, none of whom is let in but the first; who is sent off is closed."""
    plain.door._rest()
    crowd = plain.door._listening = Crowd(hosts)
    for _ in hosts:
        plain.door._accept()
    kept_out = plain.door.kept_out
    await plain.door.close()
    for outside in crowd.outside:
        outside.close()
    return kept_out


@pytest.mark.parametrize(
    ("hosts", "kept_out"),
    [
        ([], 0),
        (["127.0.0.2"] * 100, 100),
        (["127.0.0.3"] * 65, 0),  # one is let in, and 64 wait
        (["127.0.0.3"] * 100, 35),
        ([f"10.0.0.{number % 250}" for number in range(300)], 43),  # one is let in, and 256 wait
        (["10.0.0.1"] * 65 + ["127.0.0.77"] * 64, 0),
        ([f"10.0.0.{number % 250}" for number in range(257)] + ["127.0.0.77"], 0),
        ([f"2001:db8::{number:x}" for number in range(200)], 71),
        ([f"2001:db8::{number:x}" for number in range(129)] + ["2001:db8:0:1::1"], 0),
    ],
)
async def test_what_one_address_has_too_much_of_is_closed_at_once(plain, monkeypatch, hosts, kept_out):
    monkeypatch.setattr(remote_door, "PACE_S", 3600.0)
    plain.door.keep_out("127.0.0.2", 3600.0)
    assert await line_up(plain, hosts) == kept_out


async def test_a_network_is_kept_out_as_one(plain):
    plain.door.keep_out("2001:db8::/64", 3600.0)
    assert await line_up(plain, ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"]) == 2


async def test_whom_we_know_waits_behind_no_crowd(plain, monkeypatch):
    monkeypatch.setattr(remote_door, "PACE_S", 0.05)
    for _ in range(10):
        plain.knock("127.0.0.2")
    plain.knock("127.0.0.3")
    plain.knock("127.0.0.77")
    comers = [(await plain.come_in())[0] for _ in range(4)]
    assert comers == ["127.0.0.2", "127.0.0.77", "127.0.0.2", "127.0.0.3"]


async def test_a_host_is_the_same_over_either_family(plain):
    plain.door._rest()
    crowd = plain.door._listening = Crowd(["::ffff:127.0.0.2", "::ffff:127.0.0.3"])
    plain.door.keep_out("127.0.0.2", 3600.0)
    plain.door._accept()
    assert (plain.door.kept_out, len(plain.door._handshakes)) == (1, 1)
    await plain.door.close()
    for outside in crowd.outside:
        outside.close()


async def test_of_too_many_hosts_the_first_are_let_in_again(plain, monkeypatch):
    monkeypatch.setattr(remote_door, "HOSTS_KEPT_OUT", 2)
    for host in ("2", "3", "2", "4"):
        plain.door.keep_out(f"127.0.0.{host}", 3600.0)
    for host in ("2", "4"):
        await plain.hear_end(plain.knock(f"127.0.0.{host}"))
    plain.knock("127.0.0.3")
    assert (await plain.come_in())[0] == "127.0.0.3"
    assert plain.door.kept_out == 2
