"""What systemd hears, over a real notification socket."""

import os
import socket

import pytest

from communicator.runtime.service_manager import ServiceManager
from tests.conftest import EVENTUALLY_S


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path_factory):
    name = str(tmp_path_factory.mktemp("n") / "s") if request.param == "path" else f"@bellwether-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.settimeout(EVENTUALLY_S)
        listening.bind(f"\0{name[1:]}" if name.startswith("@") else name)
        yield name, listening


def test_each_word_is_one_datagram(manager):
    name, listening = manager
    told = ServiceManager({"NOTIFY_SOCKET": name})
    told.ready()
    told.stopping()
    told.keep_alive()
    told.reloading()
    heard = [listening.recv(1000).decode() for _ in range(4)]
    assert heard[:3] == ["READY=1", "STOPPING=1", "WATCHDOG=1"]
    assert heard[3].startswith("RELOADING=1\nMONOTONIC_USEC=")
    assert heard[3].partition("USEC=")[2].isdecimal()


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": "/nowhere/at/all"}])
def test_without_a_manager_nothing_happens(environment):
    ServiceManager(environment).ready()


@pytest.mark.parametrize(
    ("environment", "span_s"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, 0.0),
        ({"WATCHDOG_USEC": "soon"}, 0.0),
        ({}, 0.0),
    ],
)
def test_the_watchdog_is_ours_only_when_it_names_us(environment, span_s):
    assert ServiceManager({"NOTIFY_SOCKET": "/n", **environment}).watchdog_s == span_s


def test_a_watchdog_without_a_manager_is_none():
    assert ServiceManager({"WATCHDOG_USEC": "30000000"}).watchdog_s == 0.0
