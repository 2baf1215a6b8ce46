"""The exporter as a process, with a real router and services that answer well, badly and not at all."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import asynccontextmanager

import pytest
from prometheus_client.parser import text_string_to_metric_families

from communicator.client import Client, Service
from communicator.protocol import Message
from communicator.testing import run_router

CLOCK = {"local": {"claim": {"state": "holdover", "reasons": []}}, "solved": False, "age_seconds": 1.0}


class Exporter:
    """A ``bellwether-exporter`` on a free port."""

    def __init__(self, process, port):
        self.process = process
        self.url = f"http://127.0.0.1:{port}"

    def get(self, path, **headers):
        request = urllib.request.Request(f"{self.url}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.read().decode()

    async def page(self, **headers):
        return await asyncio.to_thread(self.get, "/metrics", **headers)

    async def samples(self):
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(await self.page())
            for sample in family.samples
        }

    async def until(self, name, value):
        """Scrape until a sample has a value; the test's own time-out ends it."""
        while (found := await self.samples()).get(name) != value:
            pass
        return found


@asynccontextmanager
async def exporter(communicator, tmp_path, *settings):
    ports_file = tmp_path / "ports"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.settimeout(0)
        ear.bind("")  # an address of the kernel's choice, without a file
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "exporters", "--config", "/dev/null", "--communicator", communicator),
            *("--set", 'listen="127.0.0.1:0"', "--ports-file", str(ports_file), *settings),
            env={**os.environ, "NOTIFY_SOCKET": "@" + ear.getsockname()[1:].decode()},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert await asyncio.get_running_loop().sock_recv(ear, 100) == b"READY=1"
    try:
        yield Exporter(process, json.loads(ports_file.read_text())["http"].rpartition(":")[2])
    finally:
        process.send_signal(signal.SIGTERM)
        code = await process.wait()
    assert code == 0
    assert not ports_file.exists()


@asynccontextmanager
async def service(address, name, command, answer):
    """A service that answers one command; None never answers."""
    served = Service(address, name)

    @served.on(command)
    async def answer_it(_message):
        return answer

    async with asyncio.TaskGroup() as group:
        group.create_task(served.run())
        await served.wait_ready()
        yield
        served.stop()


async def test_the_page_counts_what_the_router_passes_on(tmp_path):
    async with run_router() as router, exporter(router.unix, tmp_path) as watched:
        before = await watched.until(("communicator_up",), 1)
        async with Client(router.unix, "receiver"), Client(router.local, "sender") as sender:
            for _ in range(7):
                await sender.send(Message("HELLO", service="receiver"))
            await sender.request(Message("ALIVE"), "ABSOLUTELY")
        after = await watched.samples()
    counted = ("communicator_messages_routed_total", "local")
    assert after[counted] == before[counted] + 7
    assert after["communicator_service_up", "exporter"] == 1
    assert (after[("timekeeper_up",)], after[("canary_up",)]) == (0, 0)


async def test_a_report_becomes_the_state_of_the_clock(tmp_path):
    answer = Message("CLOCK_CURRENT_REPORT", {"report": json.dumps(CLOCK)})
    async with (
        run_router() as router,
        exporter(router.unix, tmp_path) as watched,
        service(router.unix, "timekeeper", "CLOCK_GET_REPORT", answer),
    ):
        found = await watched.until(("timekeeper_up",), 1)
    assert found[("timekeeper_ntp_synchronized",)] == 0
    assert found["timekeeper_ntp_state", "holdover"] == 1


@pytest.mark.parametrize(
    ("settings", "shown"), [((), {"alpha"}), (("--set", "cluster=true"), {"alpha", "beta"})], ids=["own", "cluster"]
)
async def test_other_hosts_are_shown_where_the_settings_say_so(tmp_path, settings, shown):
    local = {**CLOCK["local"], "server": "alpha"}
    hosts = [{"host": "alpha", "verdict": "ok"}, {"host": "beta", "verdict": "wrong"}]
    report = {"local": local, "solved": True, "age_seconds": 1.0, "hosts": hosts}
    answer = Message("CLOCK_CURRENT_REPORT", {"report": json.dumps(report)})
    async with (
        run_router() as router,
        exporter(router.unix, tmp_path, *settings) as watched,
        service(router.unix, "timekeeper", "CLOCK_GET_REPORT", answer),
    ):
        found = await watched.until(("timekeeper_up",), 1)
    assert {labels[0] for name, *labels in found if name == "timekeeper_host_verdict"} == shown
    assert found[("timekeeper_cluster_hosts",)] == 2


@pytest.mark.parametrize(
    "answer",
    [
        Message("CLOCK_CURRENT_REPORT", {"report": "no JSON"}),
        Message("CLOCK_CURRENT_REPORT", {"report": '{"local": 3}'}),
        Message("CLOCK_CURRENT_REPORT"),
        Message("INVALID", {"command": "CLOCK_GET_REPORT", "message": "not today"}),
    ],
    ids=["not-json", "other-shape", "no-report", "refusal"],
)
async def test_a_bad_answer_only_takes_its_own_metrics_away(tmp_path, answer):
    async with (
        run_router() as router,
        exporter(router.unix, tmp_path) as watched,
        service(router.unix, "timekeeper", "CLOCK_GET_REPORT", answer),
    ):
        await watched.until(("communicator_service_up", "timekeeper"), 1)
        found = await watched.samples()
    assert found[("timekeeper_up",)] == 0
    assert found[("communicator_up",)] == 1
    assert ("timekeeper_ntp_synchronized",) not in found
    assert found[("timekeeper_scrape_duration_seconds",)] < 2, "a bad answer is not waited out"


async def test_a_router_that_comes_back_is_found_again(tmp_path):
    async with run_router() as router, exporter(router.unix, tmp_path) as watched:
        await watched.until(("communicator_up",), 1)
        await asyncio.to_thread(router.stop)
        away = await watched.samples()
        assert {name: value for (name, *_), value in away.items() if name.endswith("_up")} == {
            "communicator_up": 0,
            "timekeeper_up": 0,
            "canary_up": 0,
        }
        assert await asyncio.to_thread(watched.get, "/healthz") == "ok\n"
        await asyncio.to_thread(router.start)
        await watched.until(("communicator_up",), 1)


async def test_promtool_finds_no_fault(tmp_path, require_program):
    promtool = require_program("promtool")
    answer = Message("CLOCK_CURRENT_REPORT", {"report": json.dumps(CLOCK)})
    async with (
        run_router() as router,
        exporter(router.unix, tmp_path) as watched,
        service(router.unix, "timekeeper", "CLOCK_GET_REPORT", answer),
    ):
        await watched.until(("timekeeper_up",), 1)
        page = await watched.page()
    done = await asyncio.to_thread(
        subprocess.run,
        [promtool, "check", "metrics"],
        input=page,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


async def test_metrics_port_is_told_to_the_router(tmp_path):
    async with run_router() as router, exporter(router.unix, tmp_path) as watched:
        await watched.until(("communicator_up",), 1)
        async with Client(router.unix, "asker") as asker:
            told = await asker.request(Message("LIST_SERVICES"), "SERVICES")
    instance = next(one for one in json.loads(told.get("services")) if one["service"] == "exporter")
    assert watched.url.endswith(f":{instance['metrics_port']}")
