"""The program itself, as an operator starts it."""

import asyncio
import json
import signal
import subprocess
import sys
from subprocess import PIPE, STDOUT

import pytest

from communicator.client import Client
from communicator.errors import NoReceiverError
from communicator.protocol import Message
from communicator.testing import run_router
from communicator.version import __version__


def timekeeperd(*options):
    return [sys.executable, "-m", "timekeeper", *options]


def run(*options):
    return subprocess.run(timekeeperd(*options), capture_output=True, text=True, check=False, timeout=30)


def test_version():
    assert run("--version").stdout == f"timekeeperd {__version__}\n"


def test_help_says_what_it_does_and_what_it_never_does():
    text = " ".join(run("--help").stdout.replace("│", " ").split())
    assert "never touches the clock" in text
    assert "--communicator" in text


def test_a_wrong_setting_is_named():
    done = run("--check-config", "--set", "sources.chrony=true")
    assert done.returncode == 78
    assert "sources.chrony: true is no address" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_its_life_with_a_router(number, eventually):
    async with run_router() as router, Client(router.unix, "asker") as asker:
        command = timekeeperd("--communicator", router.unix, "--set", "interval_s=1")
        process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=STDOUT)
        try:

            async def ask():
                question = Message("CLOCK_GET_REPORT", service="timekeeper", server=".")
                try:
                    return json.loads((await asker.request(question, "CLOCK_CURRENT_REPORT")).get("report"))
                except NoReceiverError:
                    return None

            report = await eventually(ask, lambda answer: answer is not None)
            process.send_signal(number)
            log = (await asyncio.wait_for(process.communicate(), 20))[0].decode()
        finally:
            if process.returncode is None:
                process.kill()
    assert report["local"]["claim"]["reasons"]
    assert process.returncode == 0, log
    assert "event=clock_claim" in log
    assert "Traceback" not in log
