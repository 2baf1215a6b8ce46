"""What every request passes, and every answer carries."""

import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from communicator.protocol import HostPort
from exporters.web.application import application
from exporters.web.guard import Form, Guard
from exporters.web.headers import SECURITY
from exporters.web.hosts import own_hosts
from tests.exporters.web.calling import call


async def page(_request):
    return PlainTextResponse("a page")


POSTS = Form(("POST",), 100)


async def broken(_request):
    raise RuntimeError("a mistake of ours")


def guarded(guard):
    return application([Route("/", page, methods=["GET", "POST"]), Route("/broken", broken)], guard)


@pytest.mark.parametrize(
    ("path", "method", "headers", "status"),
    [
        ("/", "GET", {}, 200),
        ("/", "HEAD", {}, 200),
        ("/", "GET", {"content_length": "0"}, 200),
        ("/nothing", "GET", {}, 404),
        ("/", "POST", {}, 405),
        ("/", "OPTIONS", {}, 405),
        ("/", "TRACE", {}, 405),
        ("/nothing", "DELETE", {}, 405),
        ("/", "get", {}, 405),
        ("/", "GET", {"content_length": "5"}, 413),
        ("/", "GET", {"transfer_encoding": "chunked"}, 413),
        ("/", "GET", {f"x_{number}": "1" for number in range(64)}, 431),
        ("/", "GET", {"host": "evil.example"}, 421),
    ],
    ids=lambda value: str(value)[:24],
)
async def test_each_answer_whatever_it_is_keeps_itself_to_its_page(path, method, headers, status):
    answer = await call(guarded(Guard()), path, method, **({"host": "localhost:9740"} | headers))
    assert answer.status == status
    for name, value in SECURITY.items():
        assert answer.headers[name.decode()] == value.decode()
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers.get("allow") == ("GET, HEAD" if status == 405 else None)
    assert (answer.headers.get("connection") == "close") == (status in {405, 413, 431})


@pytest.mark.parametrize(
    ("method", "headers", "status", "closes"),
    [
        ("POST", {}, 200, False),
        ("POST", {"content_length": "100"}, 200, False),
        ("POST", {"content_length": "000100"}, 200, False),
        ("POST", {"content_length": "101"}, 413, False),
        ("POST", {"content_length": "1048576"}, 413, False),
        ("POST", {"content_length": "1048577"}, 413, True),
        ("POST", {"content_length": "9" * 5000}, 413, True),
        ("POST", {"content_length": "\xb2"}, 413, True),
        ("POST", {"content_length": "-1"}, 413, True),
        ("POST", {"transfer_encoding": "chunked"}, 411, True),
        ("GET", {}, 405, True),
        ("PUT", {}, 405, True),
        ("POST", {"host": "evil.example"}, 421, False),
        ("POST", {"origin": "https://evil.example"}, 403, False),
        ("POST", {"origin": "null"}, 403, False),
        ("POST", {"origin": "http://"}, 403, False),
        ("POST", {"origin": "http://localhost:3000"}, 200, False),
        ("POST", {"origin": "http://127.0.0.1:9741"}, 200, False),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_listener_says_which_methods_and_how_large_a_body_it_takes(method, headers, status, closes):
    answer = await call(guarded(Guard(form=POSTS)), method=method, **({"host": "localhost:9741"} | headers))
    assert answer.status == status
    assert (answer.headers.get("connection") == "close") == closes
    assert answer.headers.get("allow") == ("POST" if status == 405 else None)


async def test_a_listener_refuses_in_words_of_its_own():
    def say(request, status, text):
        return PlainTextResponse(f"{request.url.path}: {text}", status + 100)

    answer = await call(guarded(Guard(form=Form(("POST",), 100, say))), "/x", "GET", host="localhost")
    assert (answer.status, answer.body) == (505, "/x: only POST is answered here")
    assert answer.headers["connection"] == "close"


async def test_so_does_a_mistake_of_ours():
    sent = []

    async def send(event):
        sent.append(event)

    with pytest.raises(RuntimeError, match="ours"):
        await guarded(Guard())(
            {"type": "http", "method": "GET", "path": "/broken", "query_string": b"", "headers": []}, None, send
        )
    assert sent[0]["status"] == 500
    assert set(SECURITY.items()) <= set(sent[0]["headers"])


async def test_cross_origin_reads_are_not_answered_with_leave():
    answer = await call(guarded(Guard()), host="localhost", origin="https://evil.example")
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("listen", "told"),
    [("127.0.0.1", "localhost, 127.0.0.1 and [::1]"), ("10.0.0.5", "its address and the name of its host")],
)
async def test_a_foreign_name_gets_nothing_and_is_told_why(listen, told):
    guard = Guard(own_hosts(HostPort(listen, 9740), ()))
    answer = await call(guarded(guard), host="evil.example")
    assert answer.status == 421
    assert told in answer.body
    assert "a page" not in answer.body


async def test_the_name_of_the_server_counts_once_it_is_known():
    name = ""
    guard = Guard(own_hosts(HostPort("10.0.0.5", 9740), ()), server_name=lambda: name)
    assert (await call(guarded(guard), host="alpha")).status == 421
    name = "alpha"
    assert (await call(guarded(guard), host="alpha")).status == 200


async def test_refusals_are_counted_by_what_was_wrong():
    async def nobody(_request):
        return PlainTextResponse("no", 401)

    guard = Guard(admit=nobody)
    await call(guarded(guard), method="PUT", host="localhost")
    await call(guarded(guard), host="evil.example")
    await call(guarded(guard), host="localhost")
    assert guard.refused == {"form": 1, "host": 1, "credentials": 1}


async def test_what_is_set_later_counts():
    guard = Guard()
    app = guarded(guard)
    guard.headers = {b"x-frame-options": b"SAMEORIGIN"}
    assert (await call(app, host="localhost")).headers["x-frame-options"] == "SAMEORIGIN"
