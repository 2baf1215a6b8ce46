"""Every query of every panel, as Grafana puts it, gives data of a suite in which everything has gone wrong once."""

import asyncio
import json
import math
import time

import msgspec
import pytest

from canary.deployment.spec import read_table
from tests.prometheus.dashboards import queries
from tests.prometheus.suite import CALM, STARTED_S, WRONG, run_suite
from tests.prometheus.troubles import (
    CLERK,
    SEEN_S,
    crash_until,
    crash_until_blocked,
    keep_asking,
    order,
    overwhelm,
    run_version,
    run_worker,
)
from tests.timekeeper.conftest import ChronyHost

SETTINGS = (
    "rules.a.failures=3",
    'rules.c.mode="enforce"',
    "rules.c.suspect_log10=0.1",
    'rules.d.mode="enforce"',
    "ambient.around_s=0",
    "ambient.elsewhere_s=0",
    'services.courier="dry-run"',
    'deploy.executors.by_hand={kind = "command", command = ["/bin/true"]}',
)
"""Every rule acts but on one service, and one failure more than expected is evidence enough to be told."""
DRIFT = 100e-6
"""Told of a clock when it has been seen for half a minute."""
TOLD_S = 100.0
RANGE_S = 60
STEP_S = 5

pytestmark = [pytest.mark.timeout(240), pytest.mark.takes(45)]


@pytest.fixture(scope="module")
def suite(debian_program, faketime, directory, stack):
    """With time servers, a time daemon and a clock that drifts; no host is too busy to copy for a shadow."""
    (directory / "chrony").mkdir()
    chrony = ChronyHost(debian_program("chrony", "usr/sbin/chronyd"), directory / "chrony", stack)
    servers = [chrony.start_server() for _ in range(2)]
    client = chrony.start_client(*(server.as_source() for server in servers))
    named = json.dumps([str(server.ntp) for server in servers])
    return run_suite(
        directory,
        faketime,
        stack,
        rate=1 + DRIFT,
        environment=CALM,
        timekeeper=(f'sources.chrony="{client.commands}"', f"references.servers={named}"),
        canary=SETTINGS,
        exporter=("cluster=true",),
    )


@pytest.fixture
async def shadow(suite, prometheus, directory, stack, eventually):
    """A shadow that answers otherwise than its primary, which a client asks again and again."""
    alpha, _, gamma = suite.hosts
    run_version(alpha, directory, "1.0", "live", stack)
    run_version(gamma, directory, "2.0", "shadow", stack)
    seen = f'canary_state{{service="{CLERK}", version="1.0"}} == 1 and on () count(canary_up == 1) == 3'
    await eventually(lambda: prometheus.query(seen), bool, STARTED_S)
    how = {"server": gamma.name, "primary": alpha.name, "share": "100%", "key": "n"}
    table = {"name": "ghost", "service": CLERK, "version": "2.0", "strategy": "shadow", "executor": "by_hand"}
    await order(alpha, "deploy-start", spec=msgspec.json.encode(read_table(table | {"shadow": how})).decode())
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(keep_asking(alpha))
        yield
        asking.cancel()


@pytest.fixture
async def troubles(suite, prometheus, directory, stack, eventually):
    """Versions good, bad, blocked, held and suspect; a deployment of a suspect one; a slow consumer; a clock that was set."""
    alpha, beta, gamma = suite.hosts
    for host in (alpha, beta):
        run_worker(host, directory, "printer", "1.0", stack)
    there = f'timekeeper_peer_offset_seconds{{peer="{WRONG}"}} and on () count(canary_up == 1) == 3'
    await eventually(lambda: prometheus.query(there), lambda found: len(found) == 2, STARTED_S)
    suite.set_clock(0.2, 1 + DRIFT)
    for host in (alpha, beta):
        await crash_until_blocked(host, eventually)
    await overwhelm(alpha, eventually)
    good = 'count(count by (server) (canary_state{service="printer", version="1.0", state="good"} == 1)) == 2'
    await eventually(lambda: prometheus.query(good), bool, SEEN_S)
    await crash_until(gamma, eventually, lambda: prometheus.query("canary_log10_evidence"), "printer")
    [version, *_] = [
        labels["version"] for labels, _ in await prometheus.query('canary_log10_evidence{service="printer"}')
    ]
    servers = [gamma.name, alpha.name, beta.name]
    deployment = {"name": "web", "service": "printer", "version": version, "servers": servers, "on_failure": "pause"}
    await order(alpha, "deploy-start", spec=msgspec.json.encode(read_table(deployment)).decode())
    await order(alpha, "freeze", service="greeter", duration="1h")
    await crash_until(gamma, eventually, lambda: prometheus.query("canary_block_overflow_total"), "courier")


async def ask(prometheus, query):
    """What a panel shows: of graphs all of a range, of others the moment."""
    if query.target["instant"]:
        return [labels for labels, value in await prometheus.query(query.expression) if not math.isnan(value)]
    now_s = time.time()
    how = {"start": now_s - RANGE_S, "end": now_s, "step": STEP_S}
    found = await prometheus.ask("query_range", query=query.expression, **how)
    return [one["metric"] for one in found["result"] if any(value != "NaN" for _, value in one["values"])]


@pytest.mark.usefixtures("shadow", "troubles")
async def test_every_query_gives_data_with_the_labels_that_its_panel_shows(prometheus, eventually):
    remaining = queries()

    async def lacking():
        remaining[:] = [query for query in remaining if not shows(query, await ask(prometheus, query))]
        return [query.name for query in remaining]

    await eventually(lacking, lambda names: names == [], TOLD_S)


def shows(query, found):
    """Whether there is something, and each label is told of somebody."""
    return bool(found) and all(any(labels.get(name) for labels in found) for name in query.labels)
