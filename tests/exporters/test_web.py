"""The web application, called as a server calls it."""

import pytest

from exporters.metric import Definition, Kind
from exporters.web import application, is_loopback_host

FAMILY = Definition("house_doors_total", Kind.COUNTER, "Doors.", ("kind",)).family({('a"b\n',): 3.0})
OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"


async def get(path, method="GET", **headers):
    """Call the application once; gives status, headers and body."""

    async def scrape():
        return [FAMILY]

    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(event):
        sent.append(event)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "server": ("127.0.0.1", 9740),
        "client": ("127.0.0.1", 4711),
    }
    await application(scrape)(scope, receive, send)
    start = sent[0]
    body = b"".join(event.get("body", b"") for event in sent[1:])
    return start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, body.decode()


async def test_metrics_come_in_the_text_format():
    status, headers, body = await get("/metrics", host="127.0.0.1:9740")
    assert status == 200
    assert headers["content-type"].startswith("text/plain; version=0.0.4")
    assert headers["cache-control"] == "no-store"
    assert "# TYPE house_doors_total counter\n" in body
    assert 'house_doors_total{kind="a\\"b\\n"} 3.0\n' in body


async def test_openmetrics_comes_to_who_asks_for_it():
    status, headers, body = await get("/metrics", host="localhost", accept=OPENMETRICS)
    assert status == 200
    assert headers["content-type"].startswith("application/openmetrics-text")
    assert "# TYPE house_doors counter\n" in body
    assert body.endswith("# EOF\n")


async def test_health_needs_no_target():
    assert (await get("/healthz", host="localhost"))[::2] == (200, "ok\n")


async def test_the_landing_page_links_to_what_is_there():
    status, headers, body = await get("/", host="localhost")
    assert status == 200
    assert headers["content-type"].startswith("text/html")
    for link in ("metrics", "healthz"):
        assert f'href="{link}"' in body
        assert (await get(f"/{link}", host="localhost"))[0] == 200


@pytest.mark.parametrize(("method", "path", "status"), [("POST", "/metrics", 405), ("GET", "/etc/passwd", 404)])
async def test_anything_else_is_refused(method, path, status):
    assert (await get(path, method, host="localhost"))[0] == status


@pytest.mark.parametrize(
    ("header", "is_ours"),
    [
        ("", True),
        ("localhost", True),
        ("localhost:9740", True),
        ("127.0.0.1:9740", True),
        ("127.8.9.1", True),
        ("[::1]:9740", True),
        ("[::1]", True),
        ("evil.example", False),
        ("evil.example:9740", False),
        ("localhost.evil.example", False),
        ("10.0.0.5:9740", False),
        ("::1", False),
        ("localhost:port", False),
        ("127.0.0.1:9740:1", False),
    ],
)
def test_only_names_of_the_loopback_are_ours(header, is_ours):
    assert is_loopback_host(header) is is_ours


async def test_a_foreign_name_gets_nothing_and_is_told_why():
    status, _, body = await get("/metrics", host="evil.example")
    assert status == 421
    assert "localhost" in body
    assert "house_doors" not in body
