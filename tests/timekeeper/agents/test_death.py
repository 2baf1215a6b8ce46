"""A real chronyd that dies on a host of its own: what that host claims from then on."""

import asyncio
import os
import subprocess

import psutil
import pytest

from tests.timekeeper.agents.agent import TRUE


@pytest.fixture
async def own_processes(require_root, require_program, running, eventually, tmp_path):  # noqa: ARG001 - root has to be there
    """What starts a program where only such programs are seen, as on a host of their own; all end with the test."""
    unshare = [require_program("unshare"), "--pid", "--fork", "--kill-child", "--mount-proc"]
    if (await asyncio.to_thread(subprocess.run, [*unshare, "true"], capture_output=True, timeout=20)).returncode:
        pytest.skip("this container forbids a namespace of processes")
    with running([*unshare, "sleep", "infinity"], os.environ, tmp_path / "first-process") as process:

        async def first():
            return [child.pid for child in psutil.Process(process.pid).children() if child.name() == "sleep"]

        [pid] = await eventually(first, bool)
        yield [require_program("nsenter"), "--target", str(pid), "--pid", "--mount"]


async def test_the_claim_of_a_host_whose_chronyd_dies(agents, chrony_host, own_processes, told):
    """Only until holdover: when that is void, a quarter of an hour later, is a matter of tables, for no setting shortens it."""
    client = chrony_host.start(chrony_host.start_server().as_source(), within=own_processes)
    [alpha] = await agents.cluster(TRUE)
    alpha.command = own_processes
    alpha.start(f"sources.chrony={client.commands}")
    before = claim(await told(alpha, lambda report: claim(report)["state"] == "synchronized"))
    assert before["daemon"] == "chronyd"
    client.kill()
    after = claim(await told(alpha, lambda report: claim(report)["state"] != "synchronized"))
    assert after["state"] == "holdover"
    assert after["reasons"][0].startswith("chronyd no longer runs; chronyd last updated the clock ")
    later = claim(await told(alpha, lambda report: claim(report)["age_seconds"] > after["age_seconds"] + 1))
    assert later["bound_seconds"] > after["bound_seconds"]
    assert "state=holdover" in alpha.log


def claim(report):
    return report["local"]["claim"]
