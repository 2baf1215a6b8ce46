"""Access to a real exporter: credentials, certificates, SIGHUP, readiness."""

import asyncio
import json
import signal
import ssl
import urllib.error
import urllib.request

import bcrypt
import pytest

from communicator.testing import run_router
from tests.exporters.test_main import exporter
from tests.exporters.web.certificates import Authority

pytestmark = [pytest.mark.slow, pytest.mark.takes(6)]

FIRST, SECOND = "first-token-0123456789", "second-token-012345678"


async def get(url, context=None, **headers):
    """Status, headers and body."""
    request = urllib.request.Request(url, headers=headers)

    def ask():
        try:
            with urllib.request.urlopen(request, timeout=20, context=context) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()

    return await asyncio.to_thread(ask)


async def status(url, context=None, **headers):
    return (await get(url, context, **headers))[0]


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


async def test_tokens_and_certificates_are_read_anew(tmp_path, eventually):
    tokens, authority = tmp_path / "tokens", Authority(tmp_path)
    certificate, key = authority.issue("server", "localhost")
    tokens.write_text(FIRST)
    tokens.chmod(0o600)
    settings = {"auth.token_file": tokens, "tls.certificate": certificate, "tls.private_key": key}
    options = [word for name, value in settings.items() for word in ("--set", f'{name}="{value}"')]
    async with run_router() as router, exporter(router.unix, tmp_path, *options) as watched:
        url, context = watched.url.replace("http://127.0.0.1", "https://localhost"), authority.client()
        assert await status(f"{url}/healthz", context) == 200
        assert await status(f"{url}/metrics", context) == 401
        assert await status(f"{url}/sd/exporter", context) == 401
        assert await status(f"{url}/", context) == 401
        assert await status(f"{url}/metrics", context, **bearer(FIRST)) == 200
        serial = await shown(url)
        tokens.write_text(SECOND)
        authority.issue("server", "localhost")
        watched.process.send_signal(signal.SIGHUP)
        await eventually(lambda: status(f"{url}/metrics", context, **bearer(SECOND)), lambda code: code == 200)
        assert await status(f"{url}/metrics", context, **bearer(FIRST)) in {401, 429}
        assert await shown(url) != serial
        tokens.write_text("short")
        watched.process.send_signal(signal.SIGHUP)
        assert await status(f"{url}/metrics", context, **bearer(SECOND)) == 200, "a wrong file changes nothing"


async def shown(url):
    port = int(url.rpartition(":")[2])
    return await asyncio.to_thread(ssl.get_server_certificate, ("localhost", port))


async def test_the_file_that_prometheus_has_is_good(tmp_path):
    hashed = bcrypt.hashpw(b"right", bcrypt.gensalt(4)).decode()
    file = tmp_path / "web.yml"
    file.write_text(
        f"basic_auth_users: {{prometheus: '{hashed}'}}\nhttp_server_config: {{headers: {{X-Frame-Options: SAMEORIGIN}}}}"
    )
    file.chmod(0o640)
    async with run_router() as router, exporter(router.unix, tmp_path, "--set", f'web_config_file="{file}"') as watched:
        found, headers, _ = await get(f"{watched.url}/metrics", Authorization="Basic cHJvbWV0aGV1czpyaWdodA==")
        assert (found, headers["X-Frame-Options"]) == (200, "SAMEORIGIN")
        assert await status(f"{watched.url}/metrics", Authorization="Basic cHJvbWV0aGV1czp3cm9uZw==") == 401


async def test_readiness_follows_the_router(tmp_path, eventually):
    without = [f"--no-collector.{name}" for name in ("timekeeper", "canary")]
    async with run_router() as router, exporter(router.unix, tmp_path, *without) as watched:

        async def ready():
            found, _, body = await get(f"{watched.url}/readyz?quorum", Accept="application/json")
            told = json.loads(body)
            assert told["ready"] == (found == 200)
            return {one["name"]: one["reason"] for one in told["conditions"]}

        found = await eventually(ready, lambda reasons: not any(reasons.values()))
        assert set(found) == {"link", "router", "flags", "host", "quorum"}
        await asyncio.to_thread(router.stop)
        away = await eventually(ready, lambda reasons: bool(reasons["link"]) and bool(reasons["router"]))
        assert "no link to the router" in away["link"]
        assert await status(f"{watched.url}/healthz") == 200
        await asyncio.to_thread(router.start)
        await eventually(ready, lambda reasons: not any(reasons.values()))
