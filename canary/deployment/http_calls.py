"""SHELL: asks over HTTP in a few threads, within a deadline and a limit of bytes; it follows nobody to another address."""

import asyncio
import http.client
import socket
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from canary.deployment.http_address import host_port
from communicator.errors import BellwetherError, ConfigError
from communicator.runtime.secret_file import read_secret
from communicator.runtime.tls_files import load_authorities, restricted
from communicator.version import __version__

ANSWER_BYTES = 1024 * 1024
"""A longer answer is refused: what is asked for is one number."""
SHOWN_CHARACTERS = 200
"""What is quoted of what a peer said."""


class UnansweredError(BellwetherError, OSError):
    """Somebody did not answer over HTTP, or not as HTTP has it; the text says why."""


class Call(NamedTuple):
    """What is asked."""

    url: str
    timeout_s: float
    """For all of it, from looking the name up to the last byte;"""
    headers: Mapping[str, str] = {}
    body: bytes | None = None
    """what is posted; None: it is a GET."""
    ca: str = ""
    """The file of the authorities that are believed; empty: those of this machine."""


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: bytes

    @property
    def phrase(self) -> str:
        """The status in words."""
        return f"{self.status} {http.client.responses.get(self.status, '')}".strip()


class HttpCalls:
    """Asks, a few at a time.

    Args:
        threads: How many at once. None can be ended: one that looks up a name for longer than the deadline is not free before.
    """

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="http")

    async def call(self, call: Call) -> Answer:
        """Ask once; whoever answers with a redirection has not answered.

        Raises:
            UnansweredError: There is no answer, or one that is too long.
            ConfigError: `ca` is no file of authorities.
        """
        conversation = _Conversation(call)
        try:
            async with asyncio.timeout(call.timeout_s):
                return await asyncio.get_running_loop().run_in_executor(self._threads, conversation.run)
        except TimeoutError:
            raise UnansweredError(f"{conversation.place} did not answer in {call.timeout_s:g} s") from None
        finally:
            conversation.cut()

    def close(self) -> None:
        """Ask no more; threads that are stuck are not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def read_token(path: str, key: str) -> str:
    """Read what is said as ``Authorization: Bearer …``.

    Raises:
        ConfigError: The file cannot be read, others may read it, or it holds more than a token.
    """
    token = read_secret(Path(path), key).decode("ascii", "replace")
    if not token.isprintable() or not token.isascii() or " " in token:
        raise ConfigError(key, f"{path!r} holds more than one token")
    return token


class _Conversation:
    """One question, in a thread; `cut` ends it from outside."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._parts = urlsplit(call.url)
        self.place = str(host_port(self._parts))
        self._socket: socket.socket | None = None
        self._is_cut = False

    def run(self) -> Answer:
        """Ask, and hear the answer."""
        try:
            connection = self._connection()
            try:
                return self._converse(connection)
            finally:
                connection.close()
        except (TimeoutError, UnansweredError):
            raise
        except ssl.SSLCertVerificationError as error:
            raise UnansweredError(
                f"{self.place} shows a certificate that is not believed: {error.verify_message}"
            ) from None
        except http.client.RemoteDisconnected:
            raise UnansweredError(f"{self.place} closed the connection without an answer") from None
        except http.client.HTTPException as error:
            raise UnansweredError(f"{self.place} does not speak HTTP: {repr(error)[:SHOWN_CHARACTERS]}") from None
        except OSError as error:
            raise UnansweredError(f"{self.place} cannot be asked: {error.strerror or error}") from None
        except UnicodeError:
            raise UnansweredError(f"{self.place} cannot be asked: that cannot be the name of a host") from None

    def cut(self) -> None:
        """Let whoever waits for this peer wait no longer."""
        self._is_cut = True
        if self._socket is not None:
            with suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # not the one of TLS: a thread is in its middle

    def _connection(self) -> http.client.HTTPConnection:
        host, port = host_port(self._parts).host, host_port(self._parts).port
        if self._parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=self._call.timeout_s)
        context = restricted(ssl.PROTOCOL_TLS_CLIENT)
        if self._call.ca:
            load_authorities(context, Path(self._call.ca), "ca")
        else:
            context.load_default_certs()
        return http.client.HTTPSConnection(host, port, timeout=self._call.timeout_s, context=context)

    def _converse(self, connection: http.client.HTTPConnection) -> Answer:
        connection.connect()
        self._socket = connection.sock
        if self._is_cut:
            raise TimeoutError
        path = (self._parts.path or "/") + (f"?{self._parts.query}" if self._parts.query else "")
        headers = {"User-Agent": f"bellwether/{__version__}", "Connection": "close", **self._call.headers}
        connection.request("GET" if self._call.body is None else "POST", path, self._call.body, headers)
        with connection.getresponse() as response:
            if 300 <= response.status < 400:  # noqa: PLR2004 - the redirections of HTTP
                to = response.getheader("Location", "")[:SHOWN_CHARACTERS]
                raise UnansweredError(f"{self.place} sends us to {to!r}, which is not followed: name that address")
            body = response.read(ANSWER_BYTES + 1)
        if len(body) > ANSWER_BYTES:
            raise UnansweredError(f"{self.place} answers with more than {ANSWER_BYTES} bytes")
        return Answer(response.status, body)
