"""A user of the host who is not known to run a service tries to have its version blocked, on a real router with a real canary."""

import asyncio
import os
import shutil
import sys

import pytest

from canary.evidence import crowd
from communicator.client import Client

NOBODY = 65_534
DUMMY = """
import socket, sys
for _ in range(int(sys.argv[3])):
    link = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    link.sendall(sys.argv[2].encode() + b"\\n")
    heard = link.makefile("rb")
    assert any(b"READY" in heard.readline() for _ in range(2))
    link.close()
"""
"""Registers and dies, again and again."""
PYTHON = shutil.which("python3", path=os.defpath) or sys.executable
"""One of the system, if there is one: who is nobody may not enter the home that ours may lie in."""

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")


async def dies_as_nobody(address, register, times):
    command = (PYTHON, "-I", "-c", DUMMY, address.rpartition(":")[2], register, str(times))
    process = await asyncio.create_subprocess_exec(*command, user=NOBODY, group=NOBODY, extra_groups=[], cwd="/")
    assert await process.wait() == 0


@pytest.mark.usefixtures("canary")
async def test_a_stranger_blocks_nothing_and_is_shown(router, desk, eventually):
    async with Client(router.unix, "payroll", service_version="2.9"):
        await eventually(desk.cells, lambda cells: cells.get(("payroll", "2.9", ""), {}).get("passed"))
        register = "REGISTER service=payroll;version=1;service_version=3.2;role=standby"
        await dies_as_nobody(router.local, register, 7)
        report = await eventually(desk.report, lambda report: [one["failed"] for one in report["strangers"]] == [7])
    [row] = report["strangers"]
    assert (row["user"], row["runs"], row["service"], row["version"]) == ("nobody", 7, "payroll", "3.2")
    assert {(cell["service"], cell["version"]) for cell in report["cells"]} == {("payroll", "2.9"), ("asker", "")}
    assert report["verdicts_total"] == []


@pytest.mark.usefixtures("canary")
async def test_names_that_nobody_knows_make_no_tree(router, desk, eventually):
    for number in range(3):
        await dies_as_nobody(router.local, f"REGISTER service=flood{number};version=1;service_version=1", 1)
    report = await eventually(desk.report, lambda report: [one["services"] for one in report["strangers"]] == [3])
    assert {cell["service"] for cell in report["cells"]} == {"asker"}


@pytest.mark.usefixtures("canary")
async def test_a_flood_of_invented_names_is_bounded_and_told(router, desk, eventually, monkeypatch):
    monkeypatch.setattr(crowd, "BURST", 3)
    monkeypatch.setattr(crowd, "PER_S", 0.0)
    for number in range(6):
        await dies_as_nobody(router.local, f"REGISTER service=flood{number};version=1;service_version=1", 1)
    report = await eventually(desk.report, lambda report: report["canary"]["runs_turned_away_total"] == 3)
    assert [(one["services"], one["runs"]) for one in report["strangers"]] == [(3, 3)]
    assert report["canary"]["runs_missed_total"] == 0


@pytest.mark.usefixtures("canary")
async def test_a_process_of_another_user_is_not_believed_to_be_ones_own(router, desk, eventually):
    for number, pid in enumerate((os.getpid(), 2**22 - 1)):  # ours, and one that does not exist
        await dies_as_nobody(router.local, f"REGISTER service=flood{number};version=1;pid={pid}", 1)
    report = await eventually(
        lambda: desk.report(view="events"),
        lambda report: sum(one["record"].get("service", "")[:5] == "flood" for one in report["entries"]) >= 2,
    )
    began = [one["record"] for one in report["entries"] if one["record"]["record"] == "run_began"]
    assert {one["service"]: one.get("pid") for one in began if one["service"] != "asker"}["flood0"] is None
