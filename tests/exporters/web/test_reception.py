"""What SIGHUP changes, and what it must not."""

from typing import NamedTuple

import pytest
import structlog
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from structlog.testing import capture_logs

from communicator.errors import ConfigError
from communicator.protocol import HostPort
from exporters.settings import ExporterSettings
from exporters.web.application import application
from exporters.web.guard import Form, Guard
from exporters.web.reception import Listening, Reception
from exporters.web.settings import AuthSettings, TlsSettings
from tests.exporters.web.calling import call
from tests.exporters.web.certificates import Authority

FIRST, SECOND = "first-token-0123456789", "second-token-012345678"


PLACE = Listening("listen", HostPort("10.0.0.5", 9740), "metrics.example")
OTHER_PLACE = Listening("ofrep.listen", HostPort("127.0.0.1", 9741), "localhost")


class Reached(NamedTuple):
    """A reception, and the guards of two listeners."""

    it: Reception
    guard: Guard
    other_guard: Guard


async def page(_request):
    return PlainTextResponse("a page")


@pytest.fixture
def tokens(tmp_path):
    path = tmp_path / "tokens"
    path.write_text(FIRST)
    path.chmod(0o600)
    return path


@pytest.fixture
def reception():
    made = Reception(structlog.get_logger())
    yield Reached(made, made.guard(PLACE), made.guard(OTHER_PLACE, Form(("POST",), 64)))
    made.close()


async def ask(reception, token=FIRST, host="10.0.0.5:9740"):
    return (await call(behind(reception.guard), host=host, authorization=f"Bearer {token}")).status


def behind(guard):
    return application([Route("/", page, methods=["GET", "POST"])], guard)


def settings(tokens, **others):
    return ExporterSettings(listen="10.0.0.5:9740", auth=AuthSettings(token_file=str(tokens)), **others)


async def test_a_token_takes_the_place_of_another(reception, tokens):
    with capture_logs():
        reception.it.apply(settings(tokens))
        assert [await ask(reception), await ask(reception, SECOND)] == [200, 401]
        tokens.write_text(SECOND)
        reception.it.apply(settings(tokens))
        assert [await ask(reception), await ask(reception, SECOND)] == [401, 200]


async def test_what_is_refused_is_counted_by_reason(reception, tokens):
    with capture_logs():
        reception.it.apply(settings(tokens))
        await ask(reception, "wrong-token-0123456789")
        await ask(reception, host="evil.example")
        await call(behind(reception.guard), host="10.0.0.5")
    assert reception.it.refused == {"form": 0, "host": 1, "credentials": 1, "wrong_credentials": 1}


async def test_names_are_those_of_this_host_and_those_allowed(reception, tokens):
    with capture_logs():
        reception.it.apply(settings(tokens, allowed_hosts=("proxy.example",)))
        for host, status in [("metrics.example", 200), ("proxy.example:443", 200), ("evil.example", 421)]:
            assert await ask(reception, host=host) == status
        reception.it.apply(settings(tokens))
        assert await ask(reception, host="proxy.example") == 421


async def test_settings_that_are_good_elsewhere_do_not_open_an_address_that_is_served(reception, tokens):
    with capture_logs():
        reception.it.apply(settings(tokens))
        with pytest.raises(ConfigError, match="no credentials"):
            reception.it.apply(ExporterSettings(listen="127.0.0.1:9740"))
        assert await ask(reception, "wrong-token-0123456789") == 401
        assert await ask(reception) == 200


async def test_a_wrong_file_changes_nothing(reception, tokens):
    with capture_logs():
        reception.it.apply(settings(tokens))
        tokens.write_text("short")
        with pytest.raises(ConfigError, match="16 to 1024"):
            reception.it.apply(settings(tokens, allowed_hosts=("proxy.example",)))
        assert await ask(reception) == 200
        assert await ask(reception, host="proxy.example") == 421


def test_passwords_in_clear_are_told(reception, tokens, tmp_path):
    certificate, key = map(str, Authority(tmp_path).issue("server", "localhost"))
    with capture_logs() as logs:
        assert reception.it.apply(settings(tokens)) is None
        assert [line["event"] for line in logs] == ["credentials_in_clear"]
        assert (
            reception.it.apply(settings(tokens, tls=TlsSettings(certificate=certificate, private_key=key))) is not None
        )
    assert len(logs) == 1


async def test_all_listeners_go_by_the_same(reception, tokens):
    shown = {"host": "127.0.0.1:9741", "content_length": "2"}
    with capture_logs() as logs:
        reception.it.apply(settings(tokens))
        for token, status in ((FIRST, 200), (SECOND, 401)):
            answer = await call(behind(reception.other_guard), method="POST", authorization=f"Bearer {token}", **shown)
            assert answer.status == status
    assert [line["listen"] for line in logs if line["event"] == "credentials_in_clear"] == ["10.0.0.5:9740"]
    assert reception.it.refused["wrong_credentials"] == 1


async def test_a_listener_that_all_can_reach_asks_for_credentials_too():
    reception = Reception(structlog.get_logger())
    reception.guard(Listening("listen", HostPort("127.0.0.1", 9740), "localhost"))
    reception.guard(Listening("ofrep.listen", HostPort("10.0.0.5", 9741), "10.0.0.5"))
    with pytest.raises(ConfigError, match=r"ofrep\.listen"):
        reception.apply(ExporterSettings())
    reception.close()


def test_on_loopback_nobody_listens_in(tokens):
    reception = Reception(structlog.get_logger())
    guard = reception.guard(Listening("listen", HostPort("127.0.0.1", 9740), "localhost"))
    with capture_logs() as logs:
        reception.apply(ExporterSettings(auth=AuthSettings(token_file=str(tokens))))
    assert logs == []
    assert guard.hosts.names == frozenset()
    reception.close()
