"""Which processes are the suite's own: as the router tells, never by what others call themselves."""

import os
import socket
import subprocess
import sys

import pytest

from communicator.answers.services import Instance
from exporters.suite_processes import SuiteProcesses

ELSEWHERE = "cd://127.0.0.1:4040"


@pytest.fixture
def child():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.communicate(b"\n")


def pids(processes):
    return {name: process and process.pid for name, process in processes.known().items()}


def test_at_first_only_this_process_is_known():
    assert pids(SuiteProcesses(ELSEWHERE)) == {"exporter": os.getpid()}


def test_a_companion_is_known_by_what_the_router_tells(child):
    processes = SuiteProcesses(ELSEWHERE)
    processes.learn([Instance("timekeeper", pid=child.pid), Instance("printer", pid=child.pid)])
    assert pids(processes) == {"exporter": os.getpid(), "timekeeperd": child.pid}


@pytest.mark.parametrize(
    "instance",
    [
        Instance("canary", pid=2**22 + 1),
        Instance("canary", pid=os.getpid(), role="standby"),
        Instance("canaryd", pid=os.getpid()),
    ],
    ids=["of-another-container", "standby", "other-name"],
)
def test_what_is_no_live_companion_is_not_looked_at(instance):
    processes = SuiteProcesses(ELSEWHERE)
    processes.learn([instance])
    assert pids(processes) == {"exporter": os.getpid()}


def test_a_companion_that_is_to_be_there_and_is_not_is_known_as_that():
    processes = SuiteProcesses(ELSEWHERE)
    processes.learn([Instance("canary", state="down")])
    assert pids(processes) == {"exporter": os.getpid(), "canaryd": None}


def test_a_companion_whose_link_is_away_is_still_looked_at(child):
    processes = SuiteProcesses(ELSEWHERE)
    processes.learn([Instance("canary", pid=child.pid)])
    processes.learn([Instance("canary", state="down")])
    assert pids(processes)["canaryd"] == child.pid


def test_a_companion_that_is_started_again_takes_the_place_of_the_old_one(child):
    processes = SuiteProcesses(ELSEWHERE)
    processes.learn([Instance("canary", pid=os.getpid())])
    processes.learn([Instance("canary", pid=child.pid)])
    assert pids(processes)["canaryd"] == child.pid


def test_a_companion_the_router_tells_no_more_is_still_looked_at(child):
    processes = SuiteProcesses(ELSEWHERE)
    processes.learn([Instance("canary", pid=child.pid)])
    processes.learn([])
    assert pids(processes)["canaryd"] == child.pid


def test_the_router_is_who_listens_on_its_socket(tmp_path):
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        processes = SuiteProcesses(f"cd://{path}")
        processes.learn_router()
        assert pids(processes)["communicatord"] == os.getpid()
        listener.accept()[0].close()
        processes.learn_router()  # it still runs: nobody knocks again
        listener.settimeout(0)
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize("address", [ELSEWHERE, "nonsense"])
def test_a_router_that_the_kernel_cannot_tell_of_is_not_known(address):
    processes = SuiteProcesses(address)
    processes.learn_router()
    assert "communicatord" not in pids(processes)


def test_a_router_that_does_not_listen_is_known_as_that():
    processes = SuiteProcesses("cd:///nowhere/at/all.sock")
    processes.learn_router()
    assert pids(processes)["communicatord"] is None
