"""A feature goes dark: a real router, a canary and an exporter, asked over HTTP, scraped and looked at."""

import asyncio
import json
import urllib.request

import pytest
import requests
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext

from communicator.client import Client
from communicator.testing import run_router
from exporters.ofrep.questions import FLAGS_PATH
from tests.canary.running import Desk, run_canary
from tests.exporters.test_main import exporter

FLAG = {
    "state": "ENABLED",
    "variants": {"on": True, "off": False},
    "defaultVariant": "off",
    "targeting": {"if": [{"==": [{"var": "tier"}, "gold"]}, "on", "off"]},
    "metadata": {"owner": "shop", "type": "release", "expires": "2020-01-01"},
}
GOLD = EvaluationContext("c-1", {"tier": "gold"})

pytestmark = [pytest.mark.slow, pytest.mark.takes(8)]


async def evaluate(url, name="new-checkout"):
    details = await asyncio.to_thread(
        OFREPProvider(url).resolve_boolean_details,
        name,
        False,  # noqa: FBT003 - the default
        GOLD,
    )
    return details.value, details.reason


async def all_flags(url, etag=""):
    answer = await asyncio.to_thread(
        requests.post,
        f"{url}{FLAGS_PATH}",
        json={"context": {"targetingKey": "c-1", "tier": "gold"}},
        headers={"If-None-Match": etag},
        timeout=20,
    )
    return answer.status_code, answer.headers["etag"]


async def test_a_feature_goes_dark_for_who_asks_over_http(tmp_path, eventually):
    canary_data, exporter_data = tmp_path / "canary", tmp_path / "exporter"
    (canary_data / "features.d").mkdir(parents=True)
    (canary_data / "features.d" / "web.json").write_text(json.dumps({"flags": {"from-file": FLAG}}))
    exporter_data.mkdir()
    async with (
        run_router() as router,
        run_canary(router, canary_data),
        exporter(router.unix, exporter_data) as watched,
        Client(router.unix, "asker") as client,
    ):
        desk, url = Desk(client), f"http://{watched.ports['ofrep']}"
        assert await desk.order("feature-set", feature="new-checkout", definition=json.dumps(FLAG)) == ("done", "")
        await eventually(lambda: known(url, "new-checkout"), bool)
        await eventually(lambda: known(url, "from-file"), bool)
        assert await evaluate(url) == (True, "TARGETING_MATCH")
        status, etag = await all_flags(url)
        assert (status, (await all_flags(url, etag))[0]) == (200, 304)

        assert (await desk.order("feature-off", feature="new-checkout", reason="it loses carts"))[0] == "done"
        await eventually(lambda: evaluate(url), lambda found: found == (False, "DISABLED"))
        assert (await all_flags(url, etag))[0] == 200

        rows = ("new-checkout", "on", "TARGETING_MATCH"), ("new-checkout", "off", "DISABLED")
        found = await eventually(
            watched.samples,
            lambda found: all(("bellwether_feature_evaluations_total", *row_labels(row)) in found for row in rows),
        )
        assert found["bellwether_feature_up",] == 1
        assert found["bellwether_feature_flags_off",] == 1
        assert found["bellwether_feature_off", "new-checkout"] == 1
        assert found["bellwether_feature_stale_seconds", "from-file", "expired"] > 0
        assert found["bellwether_feature_files_differing",] == 0
        page = await asyncio.to_thread(lambda: urllib.request.urlopen(watched.url, timeout=20).read().decode())
        assert "it loses carts" in page
        assert "bellwether feature on new-checkout --reason" in page

        assert (await desk.order("feature-on", feature="new-checkout", reason="mended"))[0] == "done"
        await eventually(lambda: evaluate(url), lambda found: found == (True, "TARGETING_MATCH"))


def row_labels(row):
    """In the order of Prometheus' page: by name."""
    feature, variant, reason = row
    return feature, reason, variant


async def known(url, name):
    answer = await asyncio.to_thread(requests.post, f"{url}{FLAGS_PATH}/{name}", json={}, timeout=20)
    return answer.status_code == 200
