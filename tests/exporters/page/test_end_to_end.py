"""The page of a real exporter beside a real router, from which daemons go and to which they come."""

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

from communicator.client import Service
from communicator.flags.flag_file import write_flag
from communicator.protocol import Message
from communicator.testing import run_router
from tests.exporters.page.html_reading import assert_harmless, read_html
from tests.exporters.page.scenes import flag, trouble

pytestmark = [pytest.mark.slow, pytest.mark.takes(4)]


@asynccontextmanager
async def exporter(communicator, tmp_path):
    ports_file = tmp_path / "ports"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.settimeout(0)
        ear.bind("")  # an address of the kernel's choice, without a file
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "exporters", "--config", "/dev/null", "--communicator", communicator),
            *("--set", 'listen="127.0.0.1:0"', "--set", 'ofrep.listen=""', "--ports-file", str(ports_file)),
            *("--set", f"flags_path={json.dumps(str(tmp_path))}"),
            env={**os.environ, "NOTIFY_SOCKET": "@" + ear.getsockname()[1:].decode()},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert await asyncio.get_running_loop().sock_recv(ear, 100) == b"READY=1"
    try:
        yield f"http://{json.loads(ports_file.read_text())['http']}"
    finally:
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


def get(url, **headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as answer:
        return dict(answer.headers), answer.read().decode()


async def page(url):
    headers, body = await asyncio.to_thread(get, url + "/")
    document = read_html(body)
    assert_harmless(document)
    return headers, document


async def until(url, text):
    """Look until the page says something; the test's own time-out ends it."""
    while text not in (found := (await page(url))[1]).text:
        await asyncio.to_thread(get, url + "/fragment/changes")
    return found


async def test_a_real_router_is_shown_alone_and_with_who_comes(tmp_path):
    scene = trouble()
    (tmp_path / "a.flag").write_bytes(write_flag(flag(3)))
    async with run_router() as router, exporter(router.unix, tmp_path) as url:
        found = await until(url, "The timekeeper of this host does not answer: nobody of this name is registered")
        assert found.find("title")[0].text == "✖ alpha - Bellwether"
        assert "timekeeper/clock/wrong" in found.text

        timekeeper, canary = Service(router.unix, "timekeeper"), Service(router.unix, "canary")

        @timekeeper.on("CLOCK_GET_REPORT")
        async def tell_of_clocks(_):
            answers = {"report": scene.answers["CLOCK_GET_REPORT"], "history": scene.answers["history"]}
            return Message("CLOCK_CURRENT_REPORT", answers)

        @canary.on("CANARY_GET_REPORT")
        async def tell_of_versions(message):
            view = "explain" if message.get("view") == "explain" else "CANARY_GET_REPORT"
            return Message("CANARY_CURRENT_REPORT", {"report": scene.answers[view]})

        async with asyncio.TaskGroup() as group:
            group.create_task(timekeeper.run())
            group.create_task(canary.run())
            await until(url, "The clock of delta is wrong")
            found = await until(url, "billing 2.0 is blocked on alpha")
            assert "The clock of delta is wrong" in found.text
            cell = next(one for one in found.find("a", class_="cell") if "blocked" in one.text)
            _, part = await asyncio.to_thread(get, f"{url}/{cell.attributes['href']}", **{"HX-Request": "true"})
            timekeeper.stop()
            canary.stop()
        assert "never worked in 7 tries over 63 s (limit 5 over 60 s)" in read_html(part).text
        assert "does not answer" in (await until(url, "The canary of this host does not answer")).text


async def test_the_page_obeys_the_policy_it_comes_with(tmp_path):
    async with run_router() as router, exporter(router.unix, tmp_path) as url:
        headers, _ = await page(url)
    policy = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert (policy["default-src"], policy["script-src"], policy["style-src"]) == ("'none'", "'self'", "'self'")
    assert headers["cache-control"] == "no-store"
