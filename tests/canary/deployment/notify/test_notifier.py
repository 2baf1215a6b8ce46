"""Telling of changes: a real HTTPS server that is good, down, slow, sorry or elsewhere; commands as processes."""

import asyncio
import json
import ssl

import msgspec
import pytest
import structlog
from structlog.testing import LogCapture

from canary.deployment.notify import notifier as module
from canary.deployment.notify.notice import body_of, notice_of, signature_of
from canary.deployment.notify.notifier import QUEUED, REMEMBERED, Notifier
from canary.deployment.notify.settings import NotifyingCommand, Webhook
from canary.deployment.settings import DeploySettings
from communicator.testing.router_cluster import _reserved_address
from tests.canary.deployment.notify.test_notice import DEPLOYMENT
from tests.canary.deployment.web import OK, answer, serving
from tests.exporters.web.certificates import Authority

SORRY = answer(b"later", "500 Internal Server Error")


def change(number=1, deployment="d1"):
    return notice_of(msgspec.structs.replace(DEPLOYMENT, id=deployment, number=number), "alpha", 1.5)


class Desk:
    """A notifier, whom it may tell, and what it said of that."""

    def __init__(self):
        self.targets = {}
        self.log = LogCapture()
        log = structlog.wrap_logger(None, processors=[self.log])
        self.notifier = Notifier(lambda: DeploySettings(notify=self.targets), log, waits_s=(0.001, 0.002))

    @property
    def outcomes(self):
        return [(entry["event"], entry["target"], entry["number"]) for entry in self.log.entries]

    def reasons(self, event):
        return [entry["reason"] for entry in self.log.entries if entry["event"] == event]


@pytest.fixture
async def desk():
    desk = Desk()
    yield desk
    await desk.notifier.close()


@pytest.fixture
def until(desk, eventually):
    """Waits until so many changes have come to an end."""
    ends = ("notice_heard", "notice_given_up", "notice_lost")

    async def ended():
        return [outcome for outcome in desk.outcomes if outcome[0] in ends]

    return lambda count: eventually(ended, lambda outcomes: len(outcomes) >= count)


@pytest.fixture
def impatient(monkeypatch):
    """A change is too old almost at once."""
    monkeypatch.setattr(module, "KEPT_S", 0.02)


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def tls(authority):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*authority.issue("server", "127.0.0.1"))
    return context


@pytest.fixture
def secret(tmp_path):
    file = tmp_path / "secret"
    file.write_text("k3y\n")
    file.chmod(0o600)
    return file


async def test_a_change_is_posted_and_signed(desk, until, authority, tls, secret):
    async with serving(OK, tls=tls) as served:
        url = f"https://{served.address}/hooks?a=b"
        desk.targets["chat"] = Webhook(url=url, ca=str(authority.ca), secret_file=str(secret))
        assert desk.notifier.missing(["chat"]) == ()
        desk.notifier.notify(["chat"], change(7))
        assert await until(1) == [("notice_heard", "chat", 7)]
    assert served.requests[0].startswith("POST /hooks?a=b HTTP/1.1\r\n")
    assert "\r\nContent-Type: application/json\r\n" in served.requests[0]
    assert f"\r\nBellwether-Signature: {signature_of(served.bodies[0], b'k3y')}\r\n" in served.requests[0]
    assert served.bodies == [body_of(change(7))]


@pytest.mark.parametrize("status", ["200 OK", "201 Created", "204 No Content", "299 Fine"])
async def test_any_success_is_one(desk, until, status):
    async with serving(answer(b"", status)) as served:
        desk.targets["chat"] = Webhook(url=f"http://{served.address}")
        desk.notifier.notify(["chat"], change())
        assert await until(1) == [("notice_heard", "chat", 1)]


async def test_who_is_sorry_at_first_is_told_again(desk, until, authority, tls):
    async with serving(SORRY, SORRY, OK, tls=tls) as served:
        desk.targets["chat"] = Webhook(url=f"https://{served.address}", ca=str(authority.ca))
        desk.notifier.notify(["chat"], change(1))
        desk.notifier.notify(["chat"], change(2))
        await until(2)
    assert desk.outcomes == [("notice_not_heard", "chat", 1), ("notice_heard", "chat", 1), ("notice_heard", "chat", 2)]
    assert desk.reasons("notice_not_heard") == ["it answers 500 Internal Server Error"]
    assert [json.loads(body)["number"] for body in served.bodies] == [1, 1, 1, 2]  # in order, whatever happens


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "case",
    [
        (SORRY, {}, "it answers 500 Internal Server Error"),
        (None, {"timeout": "0.2s"}, "did not answer in 0.2 s"),
        (
            answer(b"", "301 Moved Permanently", "Location: https://elsewhere.example/"),
            {},
            "'https://elsewhere.example/'",
        ),
        (OK, {"ca": ""}, "shows a certificate that is not believed: unable to get local issuer certificate"),
        (OK, {"secret_file": "/none"}, "secret_file: '/none' cannot be read: No such file or directory"),
    ],
    ids=["sorry", "slow", "redirect", "false", "no secret"],
)
async def test_a_change_that_nobody_hears_of_is_given_up(desk, until, tls, tmp_path, case):
    said, keys, reason = case

    async with serving(said, tls=tls) as served:
        desk.targets["chat"] = Webhook(**{"url": f"https://{served.address}", "ca": f"{tmp_path}/ca.pem"} | keys)
        desk.notifier.notify(["chat"], change())
        assert await until(1) == [("notice_given_up", "chat", 1)]
    assert reason in desk.reasons("notice_given_up")[0]


async def test_a_server_that_is_down_is_told_once_it_is_up(desk, until, eventually):
    with _reserved_address(1) as address:
        desk.targets["chat"] = Webhook(url=f"http://{address}")
        desk.notifier.notify(["chat"], change())
        await eventually(lambda: asyncio.sleep(0, desk.reasons("notice_not_heard")), bool)
    assert desk.reasons("notice_not_heard") == [f"{address} cannot be asked: Connection refused"]
    async with serving(OK) as served:
        desk.targets["chat"] = Webhook(url=f"http://{served.address}")
        assert await until(1) == [("notice_heard", "chat", 1)]


async def test_one_that_is_slow_does_not_hold_another_up(desk, until):
    async with serving(None) as slow, serving(OK) as good:
        desk.targets = {"slow": Webhook(url=f"http://{slow.address}"), "good": Webhook(url=f"http://{good.address}")}
        for number in range(3):
            desk.notifier.notify(["slow", "good"], change(number))
        assert await until(3) == [("notice_heard", "good", number) for number in range(3)]


async def test_the_same_change_is_told_once(desk, until):
    async with serving(OK) as served:
        desk.targets = {name: Webhook(url=f"http://{served.address}") for name in ("one", "two")}
        for notice in (change(1), change(1), change(2), change(1), change(1, "d2")):
            desk.notifier.notify(["one", "two", "one"], notice)
        await until(6)
    assert len(served.bodies) == 6
    assert {(name, number) for _, name, number in desk.outcomes} == {("one", 1), ("one", 2), ("two", 1), ("two", 2)}


async def test_too_many_changes_push_the_oldest_out(desk):
    desk.targets["chat"] = Webhook(url="https://chat.example")
    for number in range(QUEUED + 2):
        desk.notifier.notify(["chat"], change(number))
    assert desk.outcomes == [("notice_lost", "chat", 0), ("notice_lost", "chat", 1)]
    assert desk.reasons("notice_lost")[0] == f"more than {QUEUED} changes wait for it"
    await desk.notifier.close()
    assert len(desk.outcomes) == QUEUED + 2
    assert desk.reasons("notice_lost")[-1] == "the canary ends"


async def test_what_is_remembered_is_bounded(desk):
    for number in range(REMEMBERED + 10):
        desk.notifier.notify(["chat"], change(number))
    assert len(desk.notifier._told) == REMEMBERED


async def test_a_command_is_told(desk, until, tmp_path):
    heard = tmp_path / "heard"
    script = tmp_path / "script"
    script.write_text(f'printf %s "$1" >{heard}')
    desk.targets["pager"] = NotifyingCommand(command=("/bin/sh", str(script), "{notice}"))
    notice = msgspec.structs.replace(change(3), reason="it's $(touch x); {notice} `y`")
    desk.notifier.notify(["pager"], notice)
    assert await until(1) == [("notice_heard", "pager", 3)]
    assert heard.read_bytes() == body_of(notice)


async def test_a_command_that_fails_is_run_again(desk, until, tmp_path):
    script = tmp_path / "script"
    script.write_text(f"[ -e {tmp_path}/tried ] && exit; touch {tmp_path}/tried; echo no modem; exit 4")
    desk.targets["pager"] = NotifyingCommand(command=("/bin/sh", str(script)))
    desk.notifier.notify(["pager"], change())
    await until(1)
    assert desk.outcomes == [("notice_not_heard", "pager", 1), ("notice_heard", "pager", 1)]
    assert desk.reasons("notice_not_heard") == ["exit code 4 no modem"]


@pytest.mark.usefixtures("impatient")
async def test_what_is_not_defined_here_is_missing_and_told_to_nobody(desk, until, secret):
    secret.chmod(0o604)
    desk.targets["chat"] = Webhook(url="https://chat.example", secret_file=str(secret))
    undefined = "notify 'mail' is not defined on this host: canaryd.toml needs a table [deploy.notify.mail]"
    assert desk.notifier.missing(["mail", "chat"]) == (
        undefined,
        f"deploy.notify.chat.secret_file: {str(secret)!r} has mode 0604: a secret must have 0600",
    )
    desk.notifier.notify(["mail"], change())
    assert await until(1) == [("notice_given_up", "mail", 1)]
    assert desk.reasons("notice_given_up") == [undefined]
