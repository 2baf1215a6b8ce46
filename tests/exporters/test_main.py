"""The exporter as a process, with a real router and services that answer well, badly and not at all."""

import asyncio
import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from communicator.client import Client, Service
from communicator.flags.flag import Flag, FlagName
from communicator.flags.flag_directory import FlagDirectory
from communicator.protocol import Message
from communicator.testing import run_router
from exporters.asking import DEADLINE_S

GOLDEN = Path(__file__).parent / "golden"
OPENMETRICS = "application/openmetrics-text;version=1.0.0"
HASTY_S = 2.5
"""Long enough for a busy machine, and shorter than a target is waited for when nobody says so."""
CLOCK = {"local": {"claim": {"state": "holdover", "reasons": []}}, "solved": False, "age_seconds": 1.0}

pytestmark = [pytest.mark.slow, pytest.mark.takes(4)]


class Exporter:
    """A ``bellwether-exporter`` on a free port."""

    def __init__(self, process, ports):
        self.process = process
        self.ports = ports
        self.url = f"http://{ports['http']}" if ports else ""

    def get_bytes(self, path, **headers):
        request = urllib.request.Request(f"{self.url}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.read()

    def get(self, path, **headers):
        return self.get_bytes(path, **headers).decode()

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
            *("--set", 'listen="127.0.0.1:0"', "--set", 'ofrep.listen="127.0.0.1:0"'),
            *("--ports-file", str(ports_file)),
            *("--set", f"flags_path={tmp_path}", "--set", f"data_path={tmp_path}", *settings),
            env={**os.environ, "NOTIFY_SOCKET": "@" + ear.getsockname()[1:].decode()},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert await asyncio.get_running_loop().sock_recv(ear, 100) == b"READY=1"
    try:
        yield Exporter(process, json.loads(ports_file.read_text()))
    finally:
        process.send_signal(signal.SIGTERM)
        code = await process.wait()
    assert code == 0
    assert not ports_file.exists()


async def run(*command, told=""):
    """A program that ends by itself: its exit code, and what it said."""
    done = await asyncio.to_thread(
        subprocess.run, command, input=told, capture_output=True, text=True, timeout=40, check=False
    )
    return done.returncode, done.stdout, done.stderr


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
        after = await watched.until(("communicator_up",), 1)
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
async def test_a_bad_answer_only_takes_its_own_metrics_away(tmp_path, answer, eventually):
    async with (
        run_router() as router,
        exporter(router.unix, tmp_path) as watched,
        service(router.unix, "timekeeper", "CLOCK_GET_REPORT", answer),
    ):
        await watched.until(("communicator_service_up", "timekeeper"), 1)

        def is_not_waited_out(found):
            return found[("timekeeper_scrape_duration_seconds",)] < DEADLINE_S / 2

        found = await eventually(watched.samples, is_not_waited_out)
    assert found[("timekeeper_up",)] == 0
    assert found[("communicator_up",)] == 1
    assert ("timekeeper_ntp_synchronized",) not in found


async def test_a_router_that_comes_back_is_found_again(tmp_path):
    async with run_router() as router, exporter(router.unix, tmp_path) as watched:
        await watched.until(("communicator_up",), 1)
        await asyncio.to_thread(router.stop)
        away = await watched.samples()
        assert {name: value for (name, *labels), value in away.items() if name.endswith("_up") and not labels} == {
            "communicator_up": 0,
            "timekeeper_up": 0,
            "canary_up": 0,
            "bellwether_deployment_up": 0,
            "bellwether_feature_up": 0,
            "bellwether_shadow_up": 0,
            "sitter_up": 1,
            "host_up": 1,
        }
        assert away["host_process_up", "communicatord"] == 0
        assert away["host_process_up", "exporter"] == 1
        assert await asyncio.to_thread(watched.get, "/healthz") == "ok\n"
        await asyncio.to_thread(router.start)
        await watched.until(("communicator_up",), 1)


@pytest.mark.short
async def test_promtool_finds_no_fault(tmp_path, require_program):
    promtool = require_program("promtool")
    flag = Flag(name=FlagName("backup", "disk", "full"), message="full", priority=55)
    FlagDirectory(tmp_path).raise_(flag, 1_800_000_000)
    clock = Message("CLOCK_CURRENT_REPORT", {"report": (GOLDEN / "timekeeper.json").read_text()})
    versions = Message("CANARY_CURRENT_REPORT", {"report": (GOLDEN / "canary.json").read_text()})
    async with (
        run_router() as router,
        exporter(router.unix, tmp_path, "--set", "cluster=true") as watched,
        service(router.unix, "timekeeper", "CLOCK_GET_REPORT", clock),
        service(router.unix, "canary", "CANARY_GET_REPORT", versions),
    ):
        await watched.until(("timekeeper_up",), 1)
        found = await watched.until(("canary_up",), 1)
        page = await watched.page()
    prefixes = ("communicator", "timekeeper", "canary", "bellwether_deployment", "sitter", "host")
    assert [found[(f"{prefix}_up",)] for prefix in prefixes] == [1] * 6
    assert found["sitter_flag_priority", "full", "disk", "backup"] == 55
    assert found["host_process_up", "communicatord"] == 1
    done = await run(promtool, "check", "metrics", told=page)
    assert done == (0, "", "")


async def test_features_are_answered_for_nowhere_where_that_is_said(tmp_path):
    async with run_router() as router, exporter(router.unix, tmp_path, "--set", 'ofrep.listen=""') as watched:
        assert list(watched.ports) == ["http"]


async def test_whoever_is_refused_at_either_listener_is_counted(tmp_path):
    async with run_router() as router, exporter(router.unix, tmp_path) as watched:
        for port in watched.ports.values():
            request = urllib.request.Request(f"http://{port}/", headers={"Host": "evil.example"}, method="POST")
            with pytest.raises(urllib.error.HTTPError):
                await asyncio.to_thread(urllib.request.urlopen, request, timeout=20)
        found = await watched.samples()
    assert (found["exporter_refused_total", "form"], found["exporter_refused_total", "host"]) == (1, 1)


async def test_a_collector_may_be_left_out(tmp_path):
    async with run_router() as router, exporter(router.unix, tmp_path, "--no-collector.canary") as watched:
        found = await watched.until(("communicator_up",), 1)
    assert {name.partition("_")[0] for name, *_ in found} == {
        "communicator",
        "timekeeper",
        "sitter",
        "host",
        "exporter",
    }


async def test_the_page_is_compressed_and_in_time_for_whoever_says_so(tmp_path):
    async with (
        run_router() as router,
        exporter(router.unix, tmp_path) as watched,
        service(router.unix, "timekeeper", "CLOCK_GET_REPORT", None),
    ):
        await watched.until(("communicator_service_up", "timekeeper"), 1)
        hasty = {"X-Prometheus-Scrape-Timeout-Seconds": str(HASTY_S), "Accept-Encoding": "gzip", "Accept": OPENMETRICS}
        page = gzip.decompress(await asyncio.to_thread(watched.get_bytes, "/metrics", **hasty)).decode()
    assert page.endswith("# EOF\n")
    found = {
        sample.name: sample.value
        for family in openmetrics.text_string_to_metric_families(page)
        for sample in family.samples
    }
    assert (found["communicator_up"], found["timekeeper_up"]) == (1, 0)
    assert 0.2 < found["timekeeper_scrape_duration_seconds"] < DEADLINE_S, (
        "what the header leaves it, less what was over when it was asked"
    )


async def test_the_page_is_written_to_a_file_and_gone_at_the_end(tmp_path, eventually):
    written = tmp_path / "bellwether.prom"
    async with run_router() as router, exporter(router.unix, tmp_path, "--textfile", str(tmp_path)) as watched:
        assert watched.url == "", "nothing is served"

        async def read():
            return written.read_text() if written.exists() else ""

        page = await eventually(read, lambda found: "\nexporter_textfile_timestamp_seconds " in found)
        found = {
            sample.name: sample.value for family in text_string_to_metric_families(page) for sample in family.samples
        }
    assert found["sitter_up"] == 1
    assert not written.exists()


@pytest.mark.parametrize(
    ("options", "code", "down"),
    [
        ((), 1, {"timekeeper", "canary", "deployments", "shadows", "features"}),
        (("--no-collector.timekeeper", "--no-collector.canary"), 0, set()),
        (("--no-collector.timekeeper", "--no-collector.canary", "--set", "flags_path=/nowhere"), 1, {"flags"}),
        (("--set", "textfile.interval_s=0"), 78, None),
    ],
    ids=["companions-away", "all-up", "no-flags", "bad-setting"],
)
async def test_a_check_prints_the_page_once_and_says_what_is_down(tmp_path, options, code, down):
    async with run_router() as router, exporter(router.unix, tmp_path) as beside:
        await beside.until(("communicator_up",), 1)
        command = (sys.executable, "-m", "exporters", "--config", "/dev/null", "--communicator", router.unix)
        done = await run(*command, "--set", f"flags_path={tmp_path}", *options, "--check")
    assert done[0] == code
    if down is None:
        assert done[1] == ""
        assert "textfile.interval_s: " in done[2]
        return
    found = {
        sample.name: sample.value for family in text_string_to_metric_families(done[1]) for sample in family.samples
    }
    assert found["communicator_up"] == 1
    told = [line for line in done[2].splitlines() if "event=target_down" in line]
    assert {line.partition("target=")[2].split()[0] for line in told} == down
    assert all("reason=" in line for line in told)
