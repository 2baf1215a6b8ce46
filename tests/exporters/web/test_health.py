"""/healthz and /readyz."""

import json

import pytest

from exporters.web.application import application
from exporters.web.guard import Guard
from exporters.web.health import Condition, Conditions, health_routes
from tests.exporters.web.calling import call

GOOD, AWAY = Condition("link", ""), Condition("canary", "no answer within 4 s")
QUORUM, NO_QUORUM = Condition("quorum", ""), Condition("quorum", "1 of 3 servers are reached")


async def ask(path, conditions, **headers):
    async def look():
        if conditions is None:
            raise AssertionError("nobody is to be asked")
        return conditions

    return await call(application(health_routes(look), Guard()), path, host="localhost", **headers)


async def test_health_asks_nobody():
    assert (await ask("/healthz", None))[::2] == (200, "ok\n")


@pytest.mark.parametrize(
    ("path", "conditions", "status", "text"),
    [
        ("/readyz", Conditions([GOOD], NO_QUORUM), 200, "ready\nlink: ok\n"),
        ("/readyz", Conditions([GOOD, AWAY], QUORUM), 503, "not ready\nlink: ok\ncanary: no answer within 4 s\n"),
        ("/readyz?quorum", Conditions([GOOD], QUORUM), 200, "ready\nlink: ok\nquorum: ok\n"),
        (
            "/readyz?quorum=1",
            Conditions([GOOD], NO_QUORUM),
            503,
            "not ready\nlink: ok\nquorum: 1 of 3 servers are reached\n",
        ),
    ],
)
async def test_readiness_in_words(path, conditions, status, text):
    answer = await ask(path, conditions)
    assert (answer.status, answer.body) == (status, text)
    assert answer.headers["content-type"].startswith("text/plain")


async def test_readiness_for_programs():
    answer = await ask("/readyz", Conditions([GOOD, AWAY], QUORUM), accept="application/json")
    assert answer.status == 503
    assert answer.headers["content-type"] == "application/json"
    assert json.loads(answer.body) == {
        "ready": False,
        "conditions": [
            {"name": "link", "ok": True, "reason": ""},
            {"name": "canary", "ok": False, "reason": "no answer within 4 s"},
        ],
    }
