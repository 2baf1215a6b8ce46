"""Discovery by real exporters of a real cluster."""

import asyncio
import json
import urllib.error

import pytest

from communicator.testing import run_cluster, run_router
from tests.exporters.test_main import exporter

pytestmark = [pytest.mark.slow, pytest.mark.takes(8)]


async def targets(watched, service="exporter"):
    """What Prometheus would be told: target by server, with its state; the status when it is no list."""
    try:
        groups = json.loads(await asyncio.to_thread(watched.get, f"/sd/{service}"))
    except urllib.error.HTTPError as error:
        return error.code
    return {
        group["labels"]["__meta_communicator_server"]: (
            group["targets"][0],
            group["labels"]["__meta_communicator_state"],
        )
        for group in groups
    }


async def test_a_cluster_is_found_and_who_goes_is_missed(tmp_path, eventually):
    for name in ("alpha", "beta"):
        (tmp_path / name).mkdir()
    file = tmp_path / "exporter.json"
    settings = ("--set", "discovery.interval_s=0.1", "--set", f'discovery.files.exporter="{file}"')
    async with run_cluster(2) as routers, exporter(routers[0].unix, tmp_path / "alpha", *settings) as alpha:
        own = alpha.url.removeprefix("http://")
        async with exporter(routers[1].unix, tmp_path / "beta", "--set", 'listen="127.0.0.2:0"') as beta:
            other = beta.url.rpartition(":")[2]
            both = {"alpha": (own, "up"), "beta": (f"127.0.0.2:{other}", "up")}
            await eventually(lambda: targets(alpha), lambda found: found == both)

            async def written():
                return {group["targets"][0] for group in json.loads(file.read_text())} if file.exists() else set()

            await eventually(written, lambda found: found == {own, f"127.0.0.2:{other}"})
        gone = {**both, "beta": (f"127.0.0.2:{other}", "down")}
        await eventually(lambda: targets(alpha), lambda found: found == gone)
        assert await targets(alpha, "nobody") == 404


async def test_on_loopback_alone_nobody_else_is_told_and_a_router_that_is_away_tells_nothing(tmp_path, eventually):
    async with run_router() as router, exporter(router.unix, tmp_path) as watched:
        own = watched.url.removeprefix("http://")
        found = await eventually(lambda: targets(watched), lambda found: isinstance(found, dict))
        assert list(found.values()) == [(own, "up")]
        await asyncio.to_thread(router.stop)
        await eventually(lambda: targets(watched), lambda found: found == 503)
        await asyncio.to_thread(router.start)
        await eventually(lambda: targets(watched), lambda found: isinstance(found, dict))
