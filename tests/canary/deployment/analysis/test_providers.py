"""Looking at a metric: a metric server that is good, away, slow or wrong; a service on a real router; commands as processes."""

import asyncio
import json
import math

import pytest

from canary.deployment.analysis import providers as module
from canary.deployment.analysis.providers import Providers
from canary.deployment.analysis.settings import MeasuringCommand, MetricServer
from canary.deployment.settings import DeploySettings
from canary.deployment.spec import Check, Spec
from communicator.client import Service
from communicator.testing import run_router
from communicator.testing.router_cluster import _reserved_address
from tests.canary.deployment.web import OK, answer, endless, serving

SPEC = Spec(name="web", service="billing", version="2.5.0")
NOW_S = 1_000.0
SINCE_S = 940.0
COUNTED = Check(name="x", provider="prometheus", server="main", events="e $version", failures="f $version [$since]")
VALUED = Check(name="x", provider="prometheus", server="main", value="v $version", failure="> 1")


def vector(*values):
    result = [{"metric": {"n": str(number)}, "value": [1, value]} for number, value in enumerate(values)]
    return answer(json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode())


def providers_of(service=None, **tables):
    return Providers(service, lambda: DeploySettings(**tables), lambda: NOW_S)


async def look(check, spec=SPEC, service=None, **tables):
    """What is measured, without its name and time."""
    providers = providers_of(service, **tables)
    try:
        measured = await providers.measure(check, spec, SINCE_S)
    finally:
        providers.close()
    assert (measured.name, measured.at_s) == (check.name, NOW_S)
    return measured.error or (measured.value if check.value else (measured.events, measured.failures))


async def ask_prometheus(check, *answers, **keys):
    async with serving(*answers) as served:
        server = MetricServer(url=f"http://{served.address}/prefix/", **keys)
        return await look(check, metric_servers={"main": server}), served.requests


async def test_failures_and_events_of_a_metric_server():
    seen, requests = await ask_prometheus(COUNTED, vector("3"), vector("120"))
    assert seen == (120.0, 3.0)
    lines = [request.partition("\r\n")[0] for request in requests]
    assert lines == [
        "GET /prefix/api/v1/query?query=f+2.5.0+%5B60s%5D&timeout=10s HTTP/1.1",
        "GET /prefix/api/v1/query?query=e+2.5.0&timeout=10s HTTP/1.1",
    ]


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        (vector("0.25"), 0.25),
        (vector("+Inf"), math.inf),
        (vector(), None),
        (vector("1", "2"), "metric server 'main': 2 series, among them {n='0'}: make one of them, such as by sum()"),
        (answer(b"<html>"), "metric server 'main': this is no answer of Prometheus: JSON is malformed"),
        (answer(b"", "401 Unauthorized"), "metric server 'main': 401 Unauthorized: this is no answer of Prometheus"),
        (
            answer(b'{"status":"error","errorType":"bad_data","error":"unexpected end"}', "400 Bad Request"),
            "metric server 'main': 400 Bad Request: it refuses the query: 'unexpected end'",
        ),
        (answer(b"", "302 Found", "Location: http://elsewhere/"), "sends us to 'http://elsewhere/'"),
        (endless, "answers with more than 1048576 bytes"),
        (b"HTTP/1.0 200 OK\r\n\r\n" + vector("7").partition(b"\r\n\r\n")[2], 7.0),
        (OK, "this is no answer of Prometheus"),
        (vector("1").replace(b"200 OK", b"500 Oh"), "metric server 'main': 500 Internal Server Error"),
    ],
    ids=["good", "inf", "empty", "series", "no JSON", "401", "400", "redirect", "50 MB", "HTTP/1.0", "nonsense", "500"],
)
async def test_what_a_metric_server_may_say(said, seen):
    got, _ = await ask_prometheus(VALUED, said)
    assert got == seen if not isinstance(seen, str) else seen in got


async def test_not_a_number_is_left_to_the_judge():
    assert math.isnan((await ask_prometheus(VALUED, vector("NaN")))[0])


async def test_a_metric_server_that_is_slow_or_away():
    seen, _ = await ask_prometheus(VALUED, None, timeout="0.2s")
    assert "did not answer in 0.2 s" in seen
    with _reserved_address(1) as address:
        seen = await look(VALUED, metric_servers={"main": MetricServer(url=f"http://{address}")})
    assert seen == f"{address} cannot be asked: Connection refused"


async def test_a_token_is_shown_and_must_be_a_secret(tmp_path):
    file = tmp_path / "token"
    file.write_text("s3cret\n")
    file.chmod(0o600)
    seen, requests = await ask_prometheus(VALUED, vector("1"), token_file=str(file))
    assert seen == 1.0
    assert "\r\nAuthorization: Bearer s3cret\r\n" in requests[0]
    file.chmod(0o640)
    seen, requests = await ask_prometheus(VALUED, vector("1"), token_file=str(file))
    assert seen == f"token_file: {str(file)!r} has mode 0640: a secret must have 0600"
    assert requests == []


@pytest.fixture
def script(tmp_path):
    """A command that a shell runs from a file."""

    def write(text, timeout="10s"):
        file = tmp_path / "measure"
        file.write_text(text)
        return MeasuringCommand(command=("/bin/sh", str(file), "{service}", "{version}", "{since}"), timeout=timeout)

    return write


RUN = Check(name="x", provider="command", value="delay", failure="> 1")


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("""echo about to look; echo '{"value": 0.5}'""", 0.5),
        ("""[ "$1 $2 $3" = "billing 2.5.0 60" ] && echo '{"value": 1}'""", 1.0),
        ("echo '{}'", None),
        ("echo 3", "this is not JSON such as"),
        ("echo no database >&2; exit 3", "command 'delay': exit code 3: 'no database'"),
        ("exit 3", "command 'delay': exit code 3"),
    ],
)
async def test_what_a_command_may_say(script, text, seen):
    got = await look(RUN, commands={"delay": script(text)})
    assert got == seen if not isinstance(seen, str) else seen in got


async def test_a_command_that_hangs_is_killed(script):
    seen = await look(RUN, commands={"delay": script("exec sleep 1000", "0.2s")})
    assert seen == "command 'delay': not done within 0.2 s, and killed"


async def test_a_version_is_no_option_of_a_command(script):
    spec = Spec(name="web", service="billing", version="--all")
    seen = await look(RUN, spec, commands={"delay": script("exit 0")})
    assert "version '--all' must not reach a command" in seen


async def test_a_command_may_count(script):
    check = Check(name="x", provider="command", events="all", failures="all")
    text = """echo '{"events": 900, "failures": 3}'"""
    assert await look(check, commands={"all": script(text)}) == (900.0, 3.0)


@pytest.fixture(scope="module")
def router():
    with run_router() as running:
        yield running


async def ask_service(router, check, respond):
    """What is measured by a canary on a router where `billing` responds so."""
    service, canary = Service(router.unix, "billing"), Service(router.unix, "canary")
    service.on("COUNTS")(respond)
    async with asyncio.TaskGroup() as group:
        group.create_task(service.run())
        group.create_task(canary.run())
        await service.wait_ready()
        await canary.wait_ready()
        try:
            return await look(check, service=canary)
        finally:
            service.stop()
            canary.stop()


TOLD = Check(name="x", provider="message", events="billing/COUNTS since=$since", failures="billing/COUNTS since=$since")


async def test_a_service_is_asked(router):
    asked = []

    async def respond(message):
        asked.append((message.get("version"), message.get("since")))
        return message.reply(
            "MEASUREMENT", {"serial": message.get("serial"), "counts": '{"events": 90, "failures": 2}'}
        )

    assert await ask_service(router, TOLD, respond) == (90.0, 2.0)
    assert asked == [("2.5.0", "60")]


@pytest.mark.parametrize(
    ("parameters", "seen"),
    [
        ({"serial": "other", "counts": "{}"}, "billing answers another question: MEASUREMENT has to repeat the serial"),
        ({"counts": "{}"}, "billing answers another question"),
        ({"serial": "$", "counts": "many"}, "this is not JSON such as"),
        ({"serial": "$"}, "this is not JSON such as"),
    ],
)
async def test_a_service_that_answers_wrongly(router, parameters, seen):
    async def respond(message):
        told = {name: text.replace("$", message.get("serial")) for name, text in parameters.items()}
        return message.reply("MEASUREMENT", told)

    assert seen in await ask_service(router, TOLD, respond)


async def test_a_service_that_is_silent_or_not_there(router, monkeypatch):
    monkeypatch.setattr(module, "ANSWER_S", 0.3)

    async def respond(_message):
        return None

    assert "COUNTS" in await ask_service(router, TOLD, respond)
    other = Check(name="x", provider="message", value="nobody/COUNTS", failure="> 1")
    assert "nobody" in await ask_service(router, other, respond)


async def test_without_a_router_nothing_is_known():
    seen = await look(TOLD, service=Service("cd:///nowhere/communicatord.sock", "canary"))
    assert seen == "no link to the router at cd:///nowhere/communicatord.sock now"


async def test_what_is_not_defined_here_is_missing_and_measures_nothing(tmp_path, script):
    checks = (
        VALUED,
        Check(name="y", provider="prometheus", server="other", value="$version", failure="> 1"),
        Check(name="z", provider="command", events="all", failures="bad"),
        Check(name="w", provider="message", value="billing/COUNTS", failure="> 1"),
    )
    tables = {
        "metric_servers": {"main": MetricServer(url="https://main.example", token_file=str(tmp_path / "none"))},
        "commands": {"all": script("")},
    }
    spec = Spec(name="web", service="billing", version="2.5.0", checks=checks)
    assert providers_of(**tables).missing(spec) == (
        f"deploy.metric_servers.main.token_file: {str(tmp_path / 'none')!r} cannot be read: No such file or directory",
        "metric server 'other' is not defined on this host: canaryd.toml needs a table [deploy.metric_servers.other]",
        "command 'bad' is not defined on this host: canaryd.toml needs a table [deploy.commands.bad]",
    )
    assert "[deploy.metric_servers.other]" in await look(checks[1])
    assert "[deploy.commands.bad]" in await look(checks[2])
