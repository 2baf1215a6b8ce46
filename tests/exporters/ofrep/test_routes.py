"""The protocol over HTTP: against the provider that others have written, and in all that it may answer."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
import requests
import structlog
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode, FlagNotFoundError, GeneralError, OpenFeatureError
from structlog.testing import capture_logs

from communicator.client import Service
from communicator.features.document import require_flag, switched_off
from communicator.features.store import FlagStore
from communicator.protocol import HostPort
from exporters.ofrep.questions import BODY_BYTES, FLAGS_PATH
from exporters.ofrep.routes import OFREP_FORM, ofrep_routes
from exporters.settings import ExporterSettings
from exporters.web.application import application
from exporters.web.reception import Listening, Reception
from exporters.web.settings import AuthSettings
from tests.exporters.web.calling import connected, server

TOKEN = "a-token-0123456789"
METADATA = {"owner": "web", "type": "permission"}
ADMINS = {"if": [{"==": [{"var": "role"}, "admin"]}, "on", "off"]}
HALVES = {"fractional": [["a", 50], ["b", 50]]}


def flag(variants, default=None, **more):
    told = {"state": "ENABLED", "variants": variants, "metadata": METADATA} | more
    return require_flag("x", json.dumps(told | ({"defaultVariant": default} if default else {})))


SWITCH = {"on": True, "off": False}
FLAGS = {
    "plain": flag(SWITCH, "on"),
    "text": flag({"a": "A", "b": "B"}, "a", targeting=HALVES),
    "whole": flag({"few": 1, "many": 100}, "many"),
    "mixed": flag({"one": 1, "half": 0.5}, "one"),
    "tree": flag({"small": {"a": [1, {"b": None}]}}, "small"),
    "disabled": flag(SWITCH, "on", state="DISABLED"),
    "off": switched_off(flag(SWITCH, "on")),
    "off-default": switched_off(flag({"a": "A"}, "a")),
    "no-default": flag(SWITCH),
    "admins": flag(SWITCH, "off", targeting=ADMINS),
    "a.b_c-d": flag(SWITCH, "on"),
    # No sound definition; a canary could tell it all the same.
    "bad-operator": b'{"state":"ENABLED","variants":{"on":true},"defaultVariant":"on","targeting":{"nonsense":[1]}}',
}


@pytest.fixture
def store():
    made = FlagStore(Service("cd:///nowhere.sock", "exporter"))
    made.evaluator.replace(FLAGS)
    made.generation, made.is_stale = "a.1", False
    return made


@asynccontextmanager
async def served(store, settings=None, limits=()):
    reception = Reception(structlog.get_logger())
    guard = reception.guard(Listening("ofrep.listen", HostPort("127.0.0.1", 9741), "127.0.0.1"), OFREP_FORM)
    reception.apply(settings or ExporterSettings())
    routes = ofrep_routes(store, structlog.get_logger())
    async with server(application(routes, guard), *limits) as (port, _):
        yield f"http://127.0.0.1:{port}"
    reception.close()


@pytest.fixture
async def url(store):
    async with served(store) as address:
        yield address


async def post(url, path="", context=None, **options):
    """Ask; gives the answer."""
    body = {"data": json.dumps({"context": context or {}})} if "data" not in options else {}
    return await asyncio.to_thread(requests.post, f"{url}{FLAGS_PATH}{path}", timeout=20, **body, **options)


async def resolve(url, kind, name, default, context=None):
    resolver = getattr(OFREPProvider(url), f"resolve_{kind}_details")
    return await asyncio.to_thread(resolver, name, default, context and EvaluationContext(*context))


@pytest.mark.parametrize(
    ("kind", "name", "default", "context", "expected"),
    [
        ("boolean", "plain", False, None, (True, "on", "STATIC")),
        ("string", "text", "", ("user-1", {}), ("A", "a", "TARGETING_MATCH")),
        ("integer", "whole", 0, None, (100, "many", "STATIC")),
        ("float", "mixed", 0.0, None, (1.0, "one", "STATIC")),
        ("object", "tree", {}, None, ({"a": [1, {"b": None}]}, "small", "STATIC")),
        ("boolean", "disabled", True, None, (True, "", "DISABLED")),
        ("boolean", "disabled", False, None, (False, "", "DISABLED")),
        ("boolean", "off", True, None, (False, "off", "DISABLED")),
        ("string", "off-default", "the code's", None, ("the code's", "", "DISABLED")),
        ("boolean", "no-default", True, None, (True, "", "DEFAULT")),
        ("boolean", "admins", False, ("", {"role": "admin"}), (True, "on", "TARGETING_MATCH")),
        ("boolean", "admins", True, ("", {"role": "guest"}), (False, "off", "TARGETING_MATCH")),
        ("boolean", "a.b_c-d", False, None, (True, "on", "STATIC")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_the_provider_of_others_understands_us(url, kind, name, default, context, expected):
    details = await resolve(url, kind, name, default, context)
    assert (details.value, details.variant, details.reason) == expected
    assert type(details.value) is type(expected[0])
    assert details.flag_metadata["owner"] == "web"
    assert details.flag_metadata.get("switched_off", False) == name.startswith("off")


@pytest.mark.parametrize(
    ("name", "error", "code"),
    [
        ("unknown", FlagNotFoundError, ErrorCode.FLAG_NOT_FOUND),
        ("bad-operator", OpenFeatureError, None),
        ("a/b c?x=1", FlagNotFoundError, ErrorCode.FLAG_NOT_FOUND),
        ("../../x", FlagNotFoundError, ErrorCode.FLAG_NOT_FOUND),
        ("plain?x=1", FlagNotFoundError, ErrorCode.FLAG_NOT_FOUND),
        ("..%2Fplain", FlagNotFoundError, ErrorCode.FLAG_NOT_FOUND),
        ("x" * 200, FlagNotFoundError, ErrorCode.FLAG_NOT_FOUND),
        ("\u00e4\u0000", FlagNotFoundError, ErrorCode.FLAG_NOT_FOUND),
    ],
)
async def test_the_provider_of_others_understands_our_failures(url, name, error, code):
    with pytest.raises(error) as caught:
        await resolve(url, "boolean", name, False)  # noqa: FBT003 - the default
    assert code is None or caught.value.error_code == code
    assert caught.value.error_message


async def test_a_flag_that_cannot_be_evaluated_costs_itself_alone(url):
    assert (await post(url, "/bad-operator")).status_code == 400
    told = {one["key"]: one for one in (await post(url)).json()["flags"]}
    assert "errorCode" in told.pop("bad-operator")
    assert [name for name, one in told.items() if "errorCode" in one] == []


@pytest.mark.parametrize(
    ("path", "data", "status", "told"),
    [
        (
            "/plain",
            "{}",
            200,
            {"key": "plain", "reason": "STATIC", "variant": "on", "value": True, "metadata": METADATA},
        ),
        ("/plain", "nonsense", 400, {"key": "plain", "errorCode": "PARSE_ERROR"}),
        ("/plain", "", 400, {"key": "plain", "errorCode": "PARSE_ERROR"}),
        ("/plain", "[]", 400, {"key": "plain", "errorCode": "INVALID_CONTEXT"}),
        ("/plain", '{"context": 3}', 400, {"key": "plain", "errorCode": "INVALID_CONTEXT"}),
        ("/plain", '{"context": {"targetingKey": 3}}', 400, {"key": "plain", "errorCode": "INVALID_CONTEXT"}),
        ("/plain", "[" * BODY_BYTES, 400, {"key": "plain", "errorCode": "PARSE_ERROR"}),
        ("/plain", " " * (BODY_BYTES + 1), 400, {"key": "plain", "errorCode": "PARSE_ERROR"}),
        ("/nothing", "{}", 404, {"key": "nothing", "errorCode": "FLAG_NOT_FOUND"}),
        ("/a%2Fb", "{}", 404, {"key": "a/b", "errorCode": "FLAG_NOT_FOUND"}),
        ("/%2E%2E", "nonsense", 404, {"key": "..", "errorCode": "FLAG_NOT_FOUND"}),
        ("x", "{}", 404, {"key": f"{FLAGS_PATH}x", "errorCode": "FLAG_NOT_FOUND"}),
        ("", "nonsense", 400, {"errorCode": "PARSE_ERROR"}),
        ("", '{"context": []}', 400, {"errorCode": "INVALID_CONTEXT"}),
        ("", " " * (BODY_BYTES + 1), 400, {"errorCode": "PARSE_ERROR"}),
    ],
    ids=range(15),
)
async def test_what_is_answered(url, path, data, status, told):
    answer = await post(url, path, data=data)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert status == 200 or body.pop("errorDetails")
    assert body == told


async def test_a_body_that_does_not_say_its_length_is_a_bad_question(url):
    answer = await post(url, "/plain", data=iter([b"{}"]))
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "PARSE_ERROR")
    assert "Content-Length" in answer.json()["errorDetails"]


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {}, 405),
        ("PUT", {}, 405),
        ("POST", {"Host": "evil.example"}, 421),
        ("POST", {"Origin": "https://evil.example"}, 403),
    ],
)
async def test_what_is_no_question_is_refused_in_a_form_that_clients_read(url, method, headers, status):
    answer = await asyncio.to_thread(
        requests.request, method, f"{url}{FLAGS_PATH}/plain", json={}, headers=headers, timeout=20
    )
    assert answer.status_code == status
    assert list(answer.json()) == ["errorDetails"]


async def test_all_flags_come_with_a_tag_of_the_answer(url):
    admin = {"context": {"targetingKey": "a", "role": "admin"}}
    first = await post(url, context=admin["context"])
    assert [one["key"] for one in first.json()["flags"]] == sorted(FLAGS)
    etag = first.headers["etag"]
    again = await post(url, context=admin["context"], headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    other = await post(url, context={"targetingKey": "a", "role": "guest"}, headers={"If-None-Match": etag})
    assert other.status_code == 200
    assert other.headers["etag"] != etag
    pushed = await post(url, "?flagConfigEtag=x", context=admin["context"], headers={"If-None-Match": etag})
    assert pushed.status_code == 304


async def test_the_tag_changes_with_a_flag(url, store):
    etag = (await post(url)).headers["etag"]
    store.evaluator.replace({"plain": switched_off(FLAGS["plain"])})
    answer = await post(url, headers={"If-None-Match": etag})
    assert answer.status_code == 200
    store.evaluator.replace({"plain": FLAGS["plain"]})
    assert (await post(url, headers={"If-None-Match": etag})).status_code == 304


async def test_a_single_evaluation_is_use_of_a_flag_and_one_of_all_is_not(url, store):
    for path in ("/plain", "/plain", "/unknown", "/a%2Fb", ""):
        await post(url, path)
    rows = {(one.feature, one.variant, one.reason): one.count for one in store.counts.take().evaluations}
    assert rows == {("plain", "on", "STATIC"): 2, ("unknown", "", "ERROR"): 1}


async def test_before_any_flag_is_known_it_is_our_fault(store):
    store.generation = ""
    async with served(store) as url:
        for path in ("/plain", ""):
            answer = await post(url, path)
            assert (answer.status_code, "canary" in answer.json()["errorDetails"]) == (500, True)
        with pytest.raises(OpenFeatureError) as caught:
            await resolve(url, "boolean", "plain", False)  # noqa: FBT003 - the default
        assert caught.value.error_code == ErrorCode.GENERAL
    assert len(store.counts) == 0


async def test_while_the_canary_is_away_the_last_flags_count(url, store):
    store.is_stale = True
    details = await resolve(url, "boolean", "plain", False)  # noqa: FBT003 - the default
    assert (details.value, details.reason) == (True, "STALE")


async def test_a_mistake_of_ours_is_answered_in_form_and_logged(url, store):
    store.evaluator = None
    with capture_logs() as logs:
        answer = await post(url, "/plain")
    assert (answer.status_code, answer.json()) == (500, {"errorDetails": "an error of our own"})
    assert [line["event"] for line in logs] == ["ofrep_failed"]


async def test_the_access_rules_are_those_of_the_exporter(store, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text(TOKEN)
    tokens.chmod(0o600)
    with capture_logs():
        async with served(store, ExporterSettings(auth=AuthSettings(token_file=str(tokens)))) as url:
            answer = await post(url, "/plain")
            assert (answer.status_code, "Bearer" in answer.headers["www-authenticate"]) == (401, True)
            assert (await post(url, "/plain", headers={"Authorization": f"Bearer {TOKEN}"})).status_code == 200
            with pytest.raises(OpenFeatureError, match="unauthorized"):
                await resolve(url, "boolean", "plain", False)  # noqa: FBT003 - the default


async def test_who_guesses_is_told_when_to_come_again_in_seconds(store, tmp_path):
    web = tmp_path / "web.yml"
    web.write_text("basic_auth_users: {app: '$2b$04$abcdefghijklmnopqrstuu5LeVDbNZ3WMwXuBLmSRSrlpzPi9tUnS'}")
    web.chmod(0o600)
    with capture_logs():
        async with served(store, ExporterSettings(web_config_file=str(web))) as url:
            answers = [await post(url, "/plain", auth=("app", f"wrong{number}")) for number in range(12)]
            last = next(answer for answer in answers if answer.status_code == 429)
            assert int(last.headers["retry-after"]) >= 1
            provider = OFREPProvider(url, headers_factory=lambda: {"Authorization": "Basic YXBwOndyb25n"})
            with pytest.raises(GeneralError, match=r"Rate limited, retry after: [0-9]+$"):
                await asyncio.to_thread(provider.resolve_boolean_details, "plain", False)  # noqa: FBT003 - the default


async def test_others_have_their_turn_while_all_flags_are_evaluated(store):
    store.evaluator.replace({f"f{number}": FLAGS["admins"] for number in range(3_000)})
    async with served(store) as url:
        port = int(url.rpartition(":")[2])
        order = []
        async with connected(port) as bulk, connected(port) as single:
            for (_, writer), path in ((bulk, ""), (single, "/plain")):
                writer.write(
                    f"POST {FLAGS_PATH}{path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{{}}".encode()
                )

            async def answered(name, reader):
                await reader.readuntil(b"\r\n\r\n")
                order.append(name)

            await asyncio.gather(answered("bulk", bulk[0]), answered("single", single[0]))
    assert order == ["single", "bulk"]


async def test_a_client_that_leaves_in_the_middle_of_a_body_is_no_fault_of_ours(url):
    port = int(url.rpartition(":")[2])
    with capture_logs() as logs:
        async with connected(port) as (_, writer):
            writer.write(f"POST {FLAGS_PATH}/plain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{{".encode())
            await writer.drain()
        assert (await post(url, "/plain")).status_code == 200
    assert logs == []
