import os
import subprocess
import sys
from pathlib import Path

from communicator.client import BlockingClient
from communicator.protocol import Message
from communicator.testing import run_router

EXAMPLES = Path(__file__).parents[2] / "examples"


def hear_of_ping(observer, status):
    """Wait until the router says so of the service."""
    while (told := observer.receive(timeout_s=20)) is not None:
        if (told.command, told.get("service"), told.get("status")) == ("STATUS", "ping", status):
            return
    raise AssertionError(f"the service is not {status}")


def test_the_ping_examples_talk_to_each_other():
    with run_router() as router, BlockingClient(router.unix, "observer", commands=["STATUS"]) as observer:
        environment = {**os.environ, "BELLWETHER_COMMUNICATOR": router.local}
        service = subprocess.Popen([sys.executable, EXAMPLES / "ping_service.py"], env=environment)
        try:
            hear_of_ping(observer, "up")
            once = subprocess.run(
                [sys.executable, EXAMPLES / "ping_once.py"],
                env=environment,
                capture_output=True,
                text=True,
                timeout=30,
                check=True,
            )
            assert once.stdout == "hello, alpha:ping_once\n"
            service.terminate()
            assert service.wait(20) == 0
            hear_of_ping(observer, "down")
            observer.request(
                Message("ALIVE"), "ABSOLUTELY"
            )  # the router has done with it, and has written in its log why
            assert "service=ping role=live reason=unregister" in router.log
        finally:
            service.kill()
            service.wait()


def test_the_asking_example_says_what_is_wrong():
    environment = {**os.environ, "BELLWETHER_COMMUNICATOR": "cd:///nowhere/router.sock"}
    once = subprocess.run(
        [sys.executable, EXAMPLES / "ping_once.py"], env=environment, capture_output=True, text=True, check=False
    )
    assert once.returncode == 1
    assert "is communicatord running?" in once.stderr
    assert "Traceback" not in once.stderr
