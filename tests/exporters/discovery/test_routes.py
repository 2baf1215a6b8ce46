"""/sd/SERVICE, called as a server calls it."""

import json

import pytest

from communicator.protocol import HostPort
from exporters.discovery.finder import IncompleteError
from exporters.discovery.instances import Place
from exporters.discovery.routes import discovery_routes
from exporters.web.application import application
from exporters.web.guard import Guard
from tests.exporters.web.calling import call

PLACES = [
    Place("billing", "alpha", "live", "up", "", "", HostPort("10.0.0.5", 9404)),
    Place("printer", "alpha", "live", "down", "", "", None),
]


async def ask(path, places=PLACES):
    async def find():
        if places is None:
            raise IncompleteError("no link to the router now")
        return places

    return await call(application(discovery_routes(find), Guard()), path, host="localhost")


async def test_a_service_with_a_port_is_a_list_of_targets():
    answer = await ask("/sd/billing")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert [group["targets"] for group in json.loads(answer.body)] == [["10.0.0.5:9404"]]


async def test_a_service_without_one_is_an_empty_list():
    answer = await ask("/sd/printer")
    assert (answer.status, json.loads(answer.body)) == (200, [])


async def test_another_is_not_found_and_the_known_ones_are_named():
    answer = await ask("/sd/printre")
    assert answer.status == 404
    assert "'printre'; it knows billing, printer\n" in answer.body


@pytest.mark.parametrize("service", ["communicatord", "timekeeper", "canary"])
async def test_who_looks_for_the_suite_is_sent_to_the_exporter(service):
    assert "/sd/exporter" in (await ask(f"/sd/{service}")).body


async def test_the_names_told_are_bounded():
    places = [PLACES[0]._replace(service=f"s{number:03}") for number in range(60)]
    body = (await ask("/sd/" + "x" * 10_000, places)).body
    assert "s049 and 10 more" in body
    assert len(body) < 1000


async def test_no_service_at_all():
    assert "it knows none" in (await ask("/sd/billing", [])).body


@pytest.mark.parametrize("path", ["/sd/billing", "/sd/nothing", "/sd/"])
async def test_what_is_not_all_is_not_told(path):
    answer = await ask(path, None)
    assert (answer.status, answer.body) == (503, "no link to the router now\n")


async def test_what_there_is():
    answer = await ask("/sd/")
    assert json.loads(answer.body) == {
        "billing": {"targets": 1, "without_port": []},
        "printer": {"targets": 0, "without_port": ["alpha"]},
    }
