"""Two real routers over TLS: who shows the right certificate is linked, and whoever does not is not, and is told of in the log."""

import asyncio
import datetime as dt
import os
import signal
import socket
import ssl
import warnings
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
import trustme

from communicator import Client, Message
from communicator.testing import RouterProcess
from tests.cluster.authority import Authority

pytestmark = [pytest.mark.timeout(120), pytest.mark.takes(8)]

YESTERDAY = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)


@pytest.fixture
def authority(tmp_path):
    return Authority(trustme.CA(), tmp_path)


@pytest.fixture
def stranger(tmp_path):
    (tmp_path / "stranger").mkdir()
    return Authority(trustme.CA(), tmp_path / "stranger")


def listener(tls, **settings):
    return RouterProcess("alpha", {"listen.secure": "127.0.0.1:0", **tls, **settings})


def dialler(tls, neighbor, **settings):
    return RouterProcess("beta", {"listen.secure": "127.0.0.2:0", "cluster.neighbors": [neighbor], **tls, **settings})


@asynccontextmanager
async def two_routers(alpha_tls, beta_tls):
    """alpha listens; beta has the larger address, and dials it."""
    async with listener(alpha_tls) as alpha, dialler(beta_tls, alpha.secure) as beta:
        yield alpha, beta


@pytest.fixture
def sees(eventually):
    """Waits until the router tells of these servers and no others."""

    async def wait(router, *servers):
        async with Client(router.unix, f"bellwether_{os.getpid()}") as client:

            async def told():
                await client.request(Message("CLUSTER_GET_STATUS"), "CLUSTER_CURRENT_STATUS")
                return tuple(sorted(client.cluster_status.servers))

            await eventually(told, lambda seen: seen == servers)

    return wait


@pytest.fixture
def logged(eventually):
    """Waits until a line of the log holds all of these words, and gives it."""

    async def wait(router, *words):
        async def lines():
            return [line for line in router.log.splitlines() if all(word in line for word in words)]

        return (await eventually(lines, bool))[0]

    return wait


@pytest.mark.short
async def test_routers_with_certificates_are_linked_and_talk_both_ways(authority, sees, hear):
    async with two_routers(authority.settings("alpha"), authority.settings("beta")) as routers:
        for router in routers:
            await sees(router, "alpha", "beta")
        alpha, beta = routers
        async with (
            Client(alpha.unix, "left", commands=("NOTE",)) as left,
            Client(beta.unix, "right", commands=("NOTE",)) as right,
        ):
            await left.send(Message("NOTE", {"n": "1"}, server="beta", service="right"))
            assert (await hear(right, "NOTE"))["n"] == "1"
            await right.send(Message("NOTE", {"n": "2"}, server="alpha", service="left"))
            assert (await hear(left, "NOTE"))["n"] == "2"


def right(authority, stranger, name):  # noqa: ARG001 - one shape for all of them
    return authority.settings(name)


def of_a_strange_authority(authority, stranger, name):
    return stranger.settings(name, trusts=authority)


def expired(authority, stranger, name):  # noqa: ARG001
    return authority.settings(name, not_after=YESTERDAY)


def for_another(authority, stranger, name):  # noqa: ARG001
    return authority.settings("gamma" if name == "alpha" else "delta")


@dataclass(frozen=True)
class Fault:
    """What the two show, and who finds fault with it in which words."""

    alpha: Callable
    beta: Callable
    finder: str
    words: tuple[str, ...]


FAULTS = {
    "listener of a strange authority": Fault(
        of_a_strange_authority, right, "beta", ("neighbor_unreachable", "certificate: unable to get local issuer")
    ),
    "listener expired": Fault(expired, right, "beta", ("neighbor_unreachable", "certificate: certificate has expired")),
    "listener is another": Fault(
        for_another, right, "beta", ("router_not_linked", "its certificate is not for 'alpha'")
    ),
    "dialler of a strange authority": Fault(
        right, of_a_strange_authority, "alpha", ("handshake_failed", "certificate: unable to get local issuer")
    ),
    "dialler expired": Fault(right, expired, "alpha", ("handshake_failed", "certificate: certificate has expired")),
    "dialler is another": Fault(right, for_another, "alpha", ("router_refused", "the certificate is not for 'beta'")),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
async def test_whoever_shows_a_wrong_certificate_is_not_linked(authority, stranger, sees, logged, fault):
    shown = fault.alpha(authority, stranger, "alpha"), fault.beta(authority, stranger, "beta")
    async with two_routers(*shown) as (alpha, beta):
        line = await logged({"alpha": alpha, "beta": beta}[fault.finder], *fault.words)
        assert "level=warning" in line
        await sees(alpha, "alpha")
        await sees(beta, "beta")


async def test_whoever_shows_no_certificate_where_one_is_required_is_not_linked(authority, sees, logged):
    beta_tls = {"tls.ca": str(authority.write_authority()), "listen.secure": ""}
    async with two_routers(authority.settings("alpha"), beta_tls) as (alpha, beta):
        assert "level=warning" in await logged(alpha, "handshake_failed", "certificate: it showed none")
        await sees(alpha, "alpha")
        await sees(beta, "beta")


async def test_a_neighbor_that_answers_in_clear_is_not_linked(authority, sees, logged):
    async with RouterProcess("alpha", {"listen.remote": "127.0.0.1:0"}) as alpha:
        plain = alpha.remote.replace("cd://", "cds://")
        async with dialler(authority.settings("beta"), plain) as beta:
            assert "level=warning" in await logged(
                beta, "neighbor_unreachable", plain.removeprefix("cds://"), "does not speak TLS"
            )
            await sees(alpha, "alpha")
            await sees(beta, "beta")


async def test_a_plain_word_at_the_secure_port_is_not_heard(authority, sees, logged):
    async with listener(authority.settings("alpha")) as alpha:
        reader, writer = await dial(alpha)
        writer.write(b"CONNECT version=1;my_address=127.0.0.2:4042;server_name=beta\n")
        answer = await reader.read()
        assert b"ACCEPT" not in answer
        writer.close()
        assert "level=warning" in await logged(alpha, "handshake_failed", "it does not speak TLS")
        await sees(alpha, "alpha")


async def test_tls_of_yesteryear_is_not_spoken(authority, logged):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority.write_authority())
    context.check_hostname = False
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    async with listener(authority.settings("alpha")) as alpha:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await dial(alpha, ssl=context)
        assert "level=warning" in await logged(alpha, "handshake_failed", "TLS: unsupported protocol")


async def dial(router, **options):
    host, port = router.secure.removeprefix("cds://").split(":")
    return await asyncio.open_connection(host, int(port), family=socket.AF_INET, **options)


async def test_a_new_authority_cuts_the_links_of_the_old_one(authority, stranger, sees, logged):
    async with two_routers(authority.settings("alpha"), authority.settings("beta")) as (alpha, beta):
        await sees(alpha, "alpha", "beta")
        stranger.ca.cert_pem.write_to_path(str(authority.directory / "ca.pem"))
        os.kill(alpha.pid, signal.SIGHUP)
        await sees(alpha, "alpha")
        await logged(alpha, "handshake_failed", "certificate: self-signed")
        await sees(beta, "beta")
