"""A deployment on real routers and canaries, as a real exporter shows it: on the page, in metrics, and as flags of one host."""

import asyncio

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.canary.deployment.test_cluster import hosts  # noqa: F401 - a fixture
from tests.exporters.page.html_reading import assert_harmless, read_html
from tests.exporters.page.test_end_to_end import exporter, get

pytestmark = [pytest.mark.slow, pytest.mark.takes(25)]

WAITING = "canary_deployment_waiting.flag"
ROLLED_BACK = "canary_deployment_rolled-back.flag"


async def section(url):
    """What the page says of deployments."""
    _, body = await asyncio.to_thread(get, url + "/")
    document = read_html(body)
    assert_harmless(document)
    [found] = document.find("section", id="deployments")
    return " ".join(found.text.split())


async def numbers(url):
    """What is told of deployments in numbers, where it is not 0."""
    _, body = await asyncio.to_thread(get, url + "/metrics")
    return {
        (sample.name.removeprefix("bellwether_deployment_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(body)
        for sample in family.samples
        if sample.name.startswith("bellwether_deployment_") and sample.value
    }


async def test_a_deployment_is_seen_from_its_pause_to_its_end(hosts, tmp_path, eventually):  # noqa: F811 - the fixture
    leader, other, third = hosts

    async def flags():
        return [sorted(path.name for path in host.directory.glob("canary_deployment_*")) for host in hosts]

    async with exporter(other.router.unix, tmp_path) as url:
        await leader.deploy("2.0", steps=[{"servers": 1, "bake": "1s", "pause": True}, {}])
        said = await eventually(lambda: section(url), lambda text: "waits for promote" in text)
        assert "billing 1.0 → 2.0 paused at step 1 of 2" in said
        for word in ("promote", "resume", "abort"):
            assert f"bellwether deploy {word} billing" in said
        found = await eventually(
            lambda: numbers(url), lambda found: found.get(("servers", "billing", "running", "2.0")) == 3
        )  # its host has heard of each server, which has nothing to do with the pause
        assert found["needs_human", "billing", "2.0"] == found["phase", "paused", "billing", "2.0"] == 1
        assert (found["step", "billing", "2.0"], found["steps", "billing", "2.0"]) == (1, 2)
        assert await eventually(flags, any) == [[WAITING], [], []], "on the host that leads"

        await leader.tell("promote", service="billing")
        said = await eventually(lambda: section(url), lambda text: "billing 1.0 → 2.0 done" in text)
        assert "bellwether deploy undo billing" in said
        assert (await numbers(url))["phase", "done", "billing", "2.0"] == 1
        await eventually(flags, lambda up: not any(up))

        await leader.deploy("3.0-dies")
        said = await eventually(lambda: section(url), lambda text: "3.0-dies rolled back" in text)
        assert "bellwether deploy retry billing" in said
        assert await eventually(flags, any) == [[ROLLED_BACK], [], []]
    assert third.processes().keys() == {"2.0"}
