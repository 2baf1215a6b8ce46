"""The program itself, as an operator starts it."""

import asyncio
import json
import subprocess
import sys
from subprocess import PIPE, STDOUT

import pytest

from communicator.client import Client
from communicator.errors import ClientError
from communicator.protocol import Message
from communicator.testing import run_router
from communicator.version import __version__

pytestmark = pytest.mark.slow


def canaryd(*options):
    return [sys.executable, "-m", "canary", *options]


def run(*options):
    return subprocess.run(canaryd(*options), capture_output=True, text=True, check=False, timeout=30)


def test_version():
    assert run("--version").stdout == f"canaryd {__version__}\n"


def test_a_wrong_setting_is_named():
    done = run("--check-config", "--set", "mode=sometimes")
    assert done.returncode == 78
    assert "mode: " in done.stderr
    assert "by-rule, dry-run, enforce" in done.stderr


def test_a_directory_that_cannot_be_made_is_named():
    done = run("--set", "data_path=/dev/null/data")
    assert done.returncode == 78
    assert "data_path: '/dev/null/data' cannot be made" in done.stderr


async def test_it_has_not_started_while_another_one_holds_its_name(tmp_path, eventually):
    ports_file = tmp_path / "ports.json"
    log_file = tmp_path / "log"

    async def has_started():
        return ports_file.exists()

    async def log():
        return log_file.read_text()

    async with run_router() as router:
        paths = ("--set", f"data_path={tmp_path}", "--set", f"flags_path={tmp_path}")
        command = canaryd("--communicator", router.unix, "--ports-file", ports_file, *paths)
        with log_file.open("w") as output:
            async with Client(router.unix, "canary"):
                process = await asyncio.create_subprocess_exec(*command, stdout=output, stderr=STDOUT)
                try:
                    await eventually(log, lambda text: text.count("connect_failed") == 1)
                    assert not await has_started()
                    assert "is registered on this host already" in await log()
                except BaseException:
                    process.kill()
                    raise
            try:
                await eventually(has_started, bool)
            finally:
                process.terminate()
                await process.wait()
    assert process.returncode == 0, log_file.read_text()


async def test_its_life_with_a_router(tmp_path, eventually):
    ports_file = tmp_path / "ports.json"
    async with run_router() as router, Client(router.unix, "asker") as asker:
        paths = ("--set", f"data_path={tmp_path}", "--set", f"flags_path={tmp_path}")
        command = canaryd("--communicator", router.unix, "--ports-file", ports_file, *paths)
        process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=STDOUT)
        try:

            async def ask():
                question = Message("CANARY_GET_REPORT", service="canary", server=".")
                try:
                    return json.loads(
                        (await asker.request(question, "CANARY_CURRENT_REPORT", timeout_s=5)).get("report")
                    )
                except ClientError:  # it is away, or slow
                    return None

            report = await eventually(ask, lambda answer: answer and answer["total"] == 1)
            assert ports_file.exists()
            process.terminate()
            log = (await asyncio.wait_for(process.communicate(), 20))[0].decode()
        finally:
            if process.returncode is None:
                process.kill()
    assert {row["service"] for row in report["cells"]} == {"asker"}
    assert process.returncode == 0, log
    assert "Traceback" not in log
    assert not ports_file.exists()
