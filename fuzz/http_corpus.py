"""What is mutated at the HTTP door: good requests, and what such parsers have stumbled over; no randomness here."""

USER, PASSWORD = "fuzz", "fuzz"
AUTHORIZATION = b"Authorization: Basic ZnV6ejpmdXp6\r\n"
"""Of that user."""

PATHS = (
    b"/",
    b"/metrics",
    b"/healthz",
    b"/readyz",
    b"/readyz?quorum",
    b"/sd/",
    b"/sd/exporter",
    b"/sd/%00",
    b"/static/",
    b"/static/../../../etc/passwd",
    b"/static/%2e%2e/%2e%2e/settings.py",
    b"/static/%00",
    b"/fragment/changes?seen=x",
    b"/fragment/control?paused=1",
    b"/explain?service=billing&version=1&server=alpha",
    b"/clock?host=%ff",
    b"//evil.example/",
    b"http://evil.example/",
    b"*",
)

FLAG_PATHS = (
    b"/ofrep/v1/evaluate/flags",
    b"/ofrep/v1/evaluate/flags?flagConfigEtag=x",
    b"/ofrep/v1/evaluate/flags/",
    b"/ofrep/v1/evaluate/flags/new-parser",
    b"/ofrep/v1/evaluate/flags/new-parser?x=1",
    b"/ofrep/v1/evaluate/flags/..%2f..%2fx",
    b"/ofrep/v1/evaluate/flags/%2500",
    b"/ofrep/v1/evaluate/flags/%ff",
    b"/ofrep/v1/x",
)
BODIES = (
    b"{}",
    b'{"context": {"targetingKey": "a", "of": {"x": [1, 2.5, null, true]}}}',
    b'{"context": {"targetingKey": 3}}',
    b'{"context": []}',
    b'{"context": {"x": 1e999, "x": NaN}}',
    b'{"context": ' + b"[" * 2_000,
    b'{"context": {"\\ud800": "\xff"}}',
    b"",
)
"""Of questions about feature flags."""

HEADERS = (
    b"Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n",
    b"Accept: application/json\r\n",
    b"Accept-Encoding: gzip\r\n",
    b"X-Prometheus-Scrape-Timeout-Seconds: 0.1\r\n",
    b"X-Prometheus-Scrape-Timeout-Seconds: 1e999\r\n",
    b"Connection: keep-alive\r\n",
    b"Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Expect: 100-continue\r\n",
    b"Range: bytes=0-1,2-,-3\r\n",
    b"If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\n",
    b'If-None-Match: "x", W/"y", *\r\n',
    b"Origin: https://evil.example\r\n",
    b"HX-Request: true\r\n",
    b"Cookie: a=b\r\n",
    b"Authorization: Bearer x\r\n",
)

HOSTS = (b"Host: localhost\r\n",) * 8 + (
    b"Host: 127.0.0.1:9740\r\n",
    b"Host: [::1]\r\n",
    b"Host: evil.example\r\n",
    b"",
)
METHODS = (b"GET",) * 12 + (b"HEAD", b"POST", b"OPTIONS", b"CONNECT", b"TRACE", b"PRI")

SHARDS = (
    b"\r\n", b"\n", b"\r", b"\0", b" ", b":", b"%00", b"%", b"%ff", b"..", b"/", b"?", b"&", b"=", b"#", b"*", b"\t",
    b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"HTTP/9.9", b"Host: x\r\n", b"Content-Length: ", b"Transfer-Encoding: chunked\r\n",
    b"0\r\n\r\n", b"5\r\nhello\r\n", b"ffffffffffffffff\r\n", b"-1", b"99999999999999999999", b"Connection: close\r\n",
    b"\xff", b"\xc3\xa9", b"\xed\xa0\x80", b"GET / HTTP/1.1\r\n", b"\x16\x03\x01\x02\x00", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
)  # fmt: skip
