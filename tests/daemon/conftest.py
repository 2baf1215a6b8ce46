"""A communicatord inside the test's own loop, with real sockets in a temporary directory, peers to talk to it, certificates."""

import asyncio
import datetime as dt
import gc
import importlib.util
import json
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
import structlog
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from structlog.testing import LogCapture

from communicator.daemon import kept_files
from communicator.daemon.doors import BoundDoors
from communicator.daemon.main import main
from communicator.daemon.network_settings import TlsSettings
from communicator.daemon.router_config import group_id
from communicator.daemon.server import Server
from communicator.daemon.settings import CommunicatordSettings
from communicator.flags import own_flags
from communicator.router import Router
from communicator.runtime.daemon import Daemon
from communicator.runtime.service_manager import ServiceManager
from communicator.runtime.settings import load_settings
from tests.conftest import EVENTUALLY_S


@pytest.hookimpl(optionalhook=True)
def pytest_asyncio_loop_factories(config, item):  # noqa: ARG001 - the signature of the hook
    """Every test with a loop runs on each loop the daemon may run on."""
    factories = {"asyncio": asyncio.new_event_loop}
    if importlib.util.find_spec("uvloop"):
        factories["uvloop"] = importlib.import_module("uvloop").new_event_loop
    return factories


class Peer:
    """One end of a stream to the router."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def say(self, *lines: str) -> None:
        self.writer.write("".join(f"{line}\n" for line in lines).encode())

    async def hear(self) -> str:
        """The next line without its newline; empty at the end."""
        line = await asyncio.wait_for(self.reader.readline(), EVENTUALLY_S)
        return line.decode().removesuffix("\n")

    async def hear_until(self, word: str) -> str:
        """The first line that contains a word."""
        while word not in (line := await self.hear()):
            assert line, f"the link closed before {word}"
        return line

    async def hear_rest(self) -> bytes:
        return await asyncio.wait_for(self.reader.read(), EVENTUALLY_S)

    async def register(self, service: str, commands: str = "") -> None:
        self.say(f"REGISTER service={service};version=1")
        await self.hear_until("READY")
        self.say(f"COMMANDS list=HELP,QUITTING,READY,STOP,UNKNOWN{commands and ','}{commands}")
        await self.sync()

    async def sync(self) -> None:
        """Everything said before has been dealt with."""
        self.say("ALIVE serial=sync")
        await self.hear_until("serial=sync")

    async def statistics(self) -> dict:
        self.say("ROUTER_GET_STATS")
        line = await self.hear_until("ROUTER_STATS")
        text = line.partition("stats=")[2]
        return json.loads(text.removesuffix(";"))

    def close(self) -> None:
        self.writer.close()


@dataclass
class RunningRouter:
    """A running communicatord."""

    daemon: Daemon
    ports_file: Path
    log: LogCapture
    task: asyncio.Task
    reload_to: Callable[..., None]
    peers: list[Peer] = field(default_factory=list)

    @property
    def ports(self) -> dict[str, str]:
        return json.loads(self.ports_file.read_text())

    def address(self, door: str) -> tuple[str, int]:
        host, _, port = self.ports[door].rpartition(":")
        return host.strip("[]"), int(port)

    async def connect(self, door: str = "unix", limit: int = 2**22) -> Peer:
        if door == "unix":
            streams = await asyncio.open_unix_connection(self.ports["unix"], limit=limit)
        else:
            streams = await asyncio.open_connection(*self.address(door), limit=limit)
        self.peers.append(Peer(*streams))
        return self.peers[-1]

    def socket(self, door: str = "unix") -> socket.socket:
        """A plain socket, for those who behave badly; the caller closes it."""
        if door == "unix":
            connected = socket.socket(socket.AF_UNIX)
            connected.connect(self.ports["unix"])
            return connected
        return socket.create_connection(self.address(door))

    def events(self, name: str) -> list[dict]:
        return [entry for entry in self.log.entries if entry["event"] == name]

    async def end(self) -> int:
        return await asyncio.wait_for(asyncio.shield(self.task), EVENTUALLY_S)


class Authority:
    """Issues certificates, good and bad ones, as files of ``[tls]``."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ca = trustme.CA()
        self.file = directory / "ca.pem"
        self.file.write_bytes(self.ca.cert_pem.bytes())
        self._numbers = count()

    def issue(self, name: str, *, expired: bool = False, purpose: x509.ObjectIdentifier | None = None) -> TlsSettings:
        """The files of a router of this name, which believes this authority."""
        past = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
        span = {"not_before": past, "not_after": past + dt.timedelta(days=1)} if expired else {}
        issued = self.ca.issue_cert(name, **span)
        certificate = issued.cert_chain_pems[0].bytes()
        if purpose is not None:
            certificate = self._for_purpose(certificate, purpose)
        stem = f"{name}-{next(self._numbers)}"
        chain, key = self.directory / f"{stem}.pem", self.directory / f"{stem}.key"
        chain.write_bytes(certificate)
        key.touch(0o600)
        key.write_bytes(issued.private_key_pem.bytes())
        return TlsSettings(certificate=str(chain), private_key=str(key), ca=str(self.file))

    def revoke(self, tls: TlsSettings) -> None:
        """Put a certificate on the list, which stands in the file of the authority from now on."""
        revoked = x509.load_pem_x509_certificate(Path(tls.certificate).read_bytes())
        now = dt.datetime.now(dt.UTC)
        listed = x509.RevokedCertificateBuilder().serial_number(revoked.serial_number).revocation_date(now).build()
        builder = x509.CertificateRevocationListBuilder().issuer_name(revoked.issuer).last_update(now)
        builder = builder.next_update(now + dt.timedelta(days=1)).add_revoked_certificate(listed)
        crl = builder.sign(self._key, hashes.SHA256())
        self.file.write_bytes(self.file.read_bytes() + crl.public_bytes(serialization.Encoding.PEM))

    @property
    def _key(self):
        return serialization.load_pem_private_key(self.ca.private_key_pem.bytes(), None)

    def _for_purpose(self, certificate: bytes, purpose: x509.ObjectIdentifier) -> bytes:
        """The same certificate, good for one purpose only."""
        old = x509.load_pem_x509_certificate(certificate)
        builder = x509.CertificateBuilder().subject_name(old.subject).issuer_name(old.issuer)
        builder = builder.public_key(old.public_key()).serial_number(old.serial_number)
        builder = builder.not_valid_before(old.not_valid_before_utc).not_valid_after(old.not_valid_after_utc)
        for extension in old.extensions:
            if not isinstance(extension.value, x509.ExtendedKeyUsage):
                builder = builder.add_extension(extension.value, critical=extension.critical)
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def run_router(monkeypatch):
    """``async with run_router("limits.links=3") as router``: a communicatord with these settings."""
    for module in (kept_files, own_flags):
        monkeypatch.setattr(module, "FLUSH_S", EVENTUALLY_S)  # a disk that others use, too
    with tempfile.TemporaryDirectory(prefix="bw") as directory:  # short: a socket path has 107 bytes
        yield lambda *assignments, **kw: _run(Path(directory), assignments, **kw)


@asynccontextmanager
async def _run(directory: Path, assignments, core=Router) -> AsyncIterator[RunningRouter]:
    assigned = [
        f"listen.unix={directory}/s",
        "listen.local=127.0.0.1:0",
        "listen.signal=127.0.0.1:0",
        f"services_path={directory}/services",
        f"data_path={directory}/data",
        f"flags_path={directory}/flags",
        "server_name=alpha",
        *assignments,
    ]
    gc.freeze()  # again: each router that ended in this process, in this test too, has undone it for all that pytest keeps
    capture = LogCapture()
    log = structlog.wrap_logger(
        structlog.testing.ReturnLogger(),
        processors=[structlog.processors.add_log_level, capture],
        wrapper_class=structlog.make_filtering_bound_logger(10),
    )

    def load() -> CommunicatordSettings:
        return load_settings(CommunicatordSettings, [], assigned)

    notify_path = str(directory / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.setblocking(False)  # noqa: FBT003 - its one parameter
        manager.bind(notify_path)
        daemon = Daemon(
            "communicatord",
            load(),
            log,
            load=load,
            ports_file=directory / "ports.json",
            manager=ServiceManager({"NOTIFY_SOCKET": notify_path}),
        )

        async def serve(daemon: Daemon) -> None:
            with BoundDoors(daemon.settings.listen, group_id(daemon.settings.listen.socket_group)) as doors:
                await Server(daemon, core, doors).run()

        loop = asyncio.get_running_loop()
        task = loop.create_task(daemon.run(serve))
        first_word = loop.create_task(loop.sock_recv(manager, 1000))
        await asyncio.wait((task, first_word), timeout=EVENTUALLY_S, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            first_word.cancel()
            raise AssertionError(f"did not start: {capture.entries}")
        assert await first_word == b"READY=1"
        router = RunningRouter(daemon, directory / "ports.json", capture, task, assigned.extend)
        try:
            yield router
        finally:
            daemon.stop()
            await router.end()
            for peer in router.peers:
                peer.close()
            Path(notify_path).unlink()  # noqa: ASYNC240 - a test may


@pytest.fixture
def refuse(monkeypatch, capsys):
    """Starts communicatord within this process, with settings with which it ends at once; gives what it says of them."""

    def start(*arguments):
        monkeypatch.setattr(sys, "argv", ["communicatord", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == os.EX_CONFIG
        told = capsys.readouterr()
        assert told.out == ""
        return told.err

    return start
