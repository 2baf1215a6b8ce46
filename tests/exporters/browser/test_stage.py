"""The stage itself: the exporter believes the doubles, and the router believes in the far hosts."""

import json
import time

import pytest

from communicator.client import BlockingClient
from communicator.protocol import Message
from tests.exporters.browser.scenes import CROWD
from tests.exporters.browser.stage import START_S


@pytest.mark.asyncio(loop_scope="session")
async def test_the_exporter_takes_the_doubles_for_real(on_stage, chromium):
    context = await chromium.new_context()
    answer = await context.request.get(on_stage("troubled").url + "metrics")
    lines = (await answer.text()).splitlines()
    await context.close()
    assert {"communicator_up 1.0", "timekeeper_up 1.0", "canary_up 1.0"} <= set(lines)


def test_the_router_believes_in_two_hundred_hosts_and_that_they_live(on_stage):
    with BlockingClient(on_stage("crowd").communicator, "asker") as asker:
        give_up_s = time.monotonic() + START_S
        while _peer(asker)["rtt_seconds"] is None:  # until a sign of life was asked for, and given
            assert time.monotonic() < give_up_s
            asker.receive(timeout_s=0.05)
        answer = asker.request(Message("CLUSTER_GET_GRAPH"), "CLUSTER_GRAPH")
    nodes = json.loads(answer.get("graph"))["nodes"]
    assert {node["server"]: node["state"] for node in nodes} == {
        name: "self" if name == "alpha" else "linked" if name == "host001" else "reachable" for name in CROWD
    }


def _peer(asker):
    told = asker.request(Message("ROUTER_GET_STATS"), "ROUTER_STATS")
    return next(one for one in json.loads(told.get("stats"))["cluster"]["peers"] if one["peer"] == "host001")
