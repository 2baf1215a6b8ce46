"""Who speaks another protocol is known by what it says first, and nobody who speaks ours."""

import ssl
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.errors import RemoteProtocolError
from communicator.protocol.first_words import OtherProtocol, other_protocol_of_bytes, other_protocol_of_line
from communicator.protocol.limits import LINE_BYTES
from communicator.protocol.line_form import decode

METHODS = ("GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH", "TRACE", "PROPFIND", "M-SEARCH", "get")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("target", ["/", "/a?x=1;y=2", "http://127.0.0.1:4040/", "*", "//x", "/a=b"])
@pytest.mark.parametrize("end", [" HTTP/1.1\r\n", " HTTP/1.0\n", " HTTP/2.0\r\n\r\nSM\r\n", " HTTP/1.1\r\nHost: x\r\n"])
def test_a_request_of_http_is_known(method, target, end):
    assert other_protocol_of_line(f"{method} {target}{end}".encode()) is OtherProtocol.HTTP


@pytest.mark.parametrize(
    "line", [b"CONNECT 127.0.0.1:4040 HTTP/1.1\r\n", b"CONNECT [::1]:443 HTTP/1.1\r\n", b"PRI * HTTP/2.0\r\n"]
)
def test_so_are_a_request_for_a_tunnel_and_the_preface_of_http_2(line):
    assert other_protocol_of_line(line) is OtherProtocol.HTTP


@pytest.mark.parametrize(
    "line",
    [
        b"CONNECT version=1;server_name=beta;my_address=10.0.0.6:4042\n",
        b"CONNECT my_address=10.0.0.6:4042;note=a HTTP/1.1\n",
        b"GET\n",
        b"GET /\n",
        b"GET path=/ HTTP/1.1\n",
        b"<alpha:billing web/GET path=http://x HTTP/1.1\n",
        b"web/GET x=/ HTTP/1.1\n",
        b"REGISTER service=x;version=1\nPOST / HTTP/1.1\n",
        b"\n",
        b"",
    ],
)
def test_lines_of_ours_are_none(line):
    assert other_protocol_of_line(line) is None
    assert other_protocol_of_bytes(line) is None


@given(
    st.from_regex(r"\A[!-~]{1,12} ?[ -~]{0,12}(/|\*|:)[ -~]{0,12} HTTP/[0-9]\.[0-9]\Z").map(str.encode)
    | st.from_regex(r"\A[A-Z]{1,9} [ -~]{0,20} HTTP/1\.1\Z").map(str.encode)
)
def test_what_is_taken_for_http_could_never_be_read_as_a_message(line):
    if other_protocol_of_line(line):
        with pytest.raises(RemoteProtocolError):
            decode(line)


@pytest.mark.parametrize("target", [b":", b"a:", b":/", b"/", b"a", b"*", b"=:"])
def test_a_first_line_that_is_as_long_as_any_is_looked_at_once(target):
    """A second look from each byte would take a thousand times as long, whatever else the machine does."""
    line = b"A " + target * (LINE_BYTES // len(target)) + b"\n"
    assert _cpu_s(lambda: other_protocol_of_line(line)) < 500 * _cpu_s(lambda: sum(line))


def _cpu_s(work):
    took_s = []
    for _ in range(3):
        begun_s = time.thread_time()
        work()
        took_s.append(time.thread_time() - begun_s)
    return min(took_s)


def test_the_first_byte_of_a_tls_client_gives_it_away():
    outgoing = ssl.MemoryBIO()
    hello = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        hello.do_handshake()
    data = outgoing.read()
    assert other_protocol_of_bytes(data) is other_protocol_of_bytes(data[:1]) is OtherProtocol.TLS
