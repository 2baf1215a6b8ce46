import os
import subprocess
import sys
from pathlib import Path

from communicator.client import BlockingClient
from communicator.testing import run_router

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_ping_examples_talk_to_each_other():
    with run_router() as router, BlockingClient(router.unix, "observer", commands=["STATUS"]) as observer:
        environment = {**os.environ, "BELLWETHER_COMMUNICATOR": router.local}
        service = subprocess.Popen([sys.executable, EXAMPLES / "ping_service.py"], env=environment)
        try:
            while (status := observer.receive(timeout_s=20)) is not None:
                if (status.command, status.get("service"), status.get("status")) == ("STATUS", "ping", "up"):
                    break
            assert status is not None, "the service did not register"
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
