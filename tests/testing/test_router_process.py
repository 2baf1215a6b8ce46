import asyncio
import os
import socket

import pytest

from communicator import BlockingClient, Message, send_signal
from communicator.testing import RouterProcessError, run_router


def test_a_router_runs_while_the_block_lasts_and_leaves_nothing():
    with run_router("beta") as router:
        assert router.is_running
        assert os.kill(router.pid, 0) is None
        for address in (router.unix, router.local):
            with BlockingClient(address, "svc_a") as client:
                assert client.server_name == "beta"
        with BlockingClient(router.unix, "svc_a") as client:
            send_signal(router.signal, Message("NOTE", service="svc_a"))
            assert client.receive(timeout_s=20).command == "NOTE"
        directory = router.directory
        assert "event=ready" in router.log
    assert not directory.exists()
    assert router.pid == 0


def test_a_second_start_takes_the_same_addresses():
    with run_router() as router:
        before = (router.unix, router.local, router.signal)
        assert router.stop() == 0
        assert not router.is_running
        assert router.stop() == 0
        host, port = router.local.removeprefix("cd://").split(":")
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind((host, int(port)))
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((host, int(port)))
        router.start()
        assert (router.unix, router.local, router.signal) == before
        with BlockingClient(router.local, "svc_a") as client:
            assert client.connected


def test_a_router_that_cannot_start_shows_its_log():
    with pytest.raises(RouterProcessError, match=r"exit code 78\n(.|\n)*limits.links"):
        run_router(settings={"limits.links": "many"}).__enter__()


def test_a_router_that_did_not_end_well_shows_its_log():
    with pytest.raises(RouterProcessError, match=r"exit code -9\n(.|\n)*event=ready"), run_router() as router:
        kill(router)


def kill(router):
    with BlockingClient(router.unix, "svc_a"):
        pass  # whoever is served knows that the router has logged its start
    router._process.kill()  # not by its number: 0 would mean all of us
    router._process.wait()
    assert not router.is_running


def test_a_failing_test_gets_the_log_as_a_note():
    with pytest.raises(ZeroDivisionError) as caught, run_router():
        _ = 1 / 0
    assert "event=ready" in "".join(caught.value.__notes__)


def test_outside_its_block_it_says_so():
    with pytest.raises(RouterProcessError, match="'with' block"):
        _ = run_router().log


async def test_in_a_coroutine_the_loop_runs_on():
    async with run_router(settings={"limits.line_bytes": 2048}) as router:
        host, port = router.local.removeprefix("cd://").split(":")
        _, writer = await asyncio.open_connection(host, int(port), family=socket.AF_INET)
        writer.close()
        await writer.wait_closed()
