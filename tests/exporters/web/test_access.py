"""Who is let in, who is slowed down, and what is told of it."""

import asyncio
import base64
import threading

import pytest
import structlog
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from structlog.testing import capture_logs

from exporters.web.access import Access
from exporters.web.application import application
from exporters.web.credentials import Credentials, digest_of
from exporters.web.guard import Guard
from exporters.web.verifier import Verifier
from tests.exporters.web.calling import call

TOKEN = "0123456789abcdef"
EVERYBODY = Credentials({"prometheus": "hash of right", "person": "hash of other"}, frozenset({digest_of(TOKEN)}))


def compare(hashed, password):
    return hashed == f"hash of {password}"


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class Gate:
    """An application behind an `Access` whose clock and whose passwords the test holds."""

    def __init__(self, credentials=EVERYBODY, verify=compare):
        self.now_s = 100.0
        self.verifier = Verifier(verify)
        self.access = Access(credentials, structlog.get_logger(), self.verifier, lambda: self.now_s)

        async def page(_request):
            return PlainTextResponse("secret")

        routes = [Route("/", page), Route("/healthz", page), Route("/healthz/x", page)]
        self.application = application(routes, Guard(admit=self.access.admit))

    async def ask(self, authorization=None, path="/", client="10.0.0.1"):
        headers = {} if authorization is None else {"authorization": authorization}
        answer = await call(self.application, path, client=client, host="localhost", **headers)
        assert ("secret" in answer.body) == (answer.status == 200)
        return answer


@pytest.fixture
def gate():
    made = Gate()
    yield made
    made.verifier.close()


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (basic("prometheus", "right"), 200),
        (basic("person", "other"), 200),
        (f"Bearer {TOKEN}", 200),
        (None, 401),
        (basic("prometheus", "other"), 401),
        (basic("prometheus", ""), 401),
        (basic("nobody", "right"), 401),
        (basic("", "right"), 401),
        (f"Bearer {TOKEN}0", 401),
        ("Bearer", 401),
        ("Basic !", 401),
    ],
)
async def test_only_who_shows_something_right_comes_in(gate, authorization, status):
    with capture_logs():
        assert (await gate.ask(authorization)).status == status


async def test_who_shows_nothing_is_told_what_is_wanted_and_is_not_wrong(gate):
    answer = await gate.ask()
    assert answer.headers["www-authenticate"] == 'Basic realm="bellwether", charset="UTF-8", Bearer realm="bellwether"'
    assert gate.access.wrong == 0
    assert (await gate.ask(basic("prometheus", "right"))).status == 200


@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/healthz/x", 401), ("/healthz/", 401)])
async def test_health_is_open_and_nothing_else(gate, path, status):
    assert (await gate.ask(path=path)).status == status


async def test_without_credentials_everybody_comes_in():
    gate = Gate(Credentials())
    assert (await gate.ask()).status == 200


async def test_a_wrong_one_has_to_wait_and_a_known_one_does_not(gate):
    assert (await gate.ask(basic("prometheus", "right"))).status == 200
    with capture_logs():
        assert (await gate.ask(basic("prometheus", "guess"))).status == 401
        waiting = await gate.ask(basic("person", "other"))
        assert (waiting.status, waiting.headers["retry-after"]) == (429, "1")
        assert (await gate.ask(basic("prometheus", "right"))).status == 200, "known good ones are not held up"
        assert (await gate.ask(basic("person", "other"), client="10.0.0.2")).status == 200, "nor is another address"
        gate.now_s += 1
        assert (await gate.ask(basic("person", "other"))).status == 200
        for wait_s in (2, 4, 8, 16, 30, 30):
            assert (await gate.ask(basic("prometheus", f"guess {wait_s}"))).status == 401
            assert (await gate.ask(basic("x", "y"))).headers["retry-after"] == str(wait_s)
            gate.now_s += wait_s


async def test_wrong_ones_are_counted_and_told_without_their_secret(gate):
    with capture_logs() as logs:
        for number in range(5):
            await gate.ask(basic("prometheus", f"s3cret {number}"))
            gate.now_s += 30
        await gate.ask(basic("s3cret typed as the user", "x"), client="10.0.0.2")
        await gate.ask("Bearer s3cret", client="10.0.0.3")
    assert gate.access.wrong == 7
    assert [(line["address"], line["count"], line.get("user")) for line in logs] == [
        ("10.0.0.1", 1, "prometheus"),
        ("10.0.0.1", 2, "prometheus"),
        ("10.0.0.1", 4, "prometheus"),
        ("10.0.0.2", 1, None),
        ("10.0.0.3", 1, None),
    ]
    assert "s3cret" not in str(logs)


async def test_a_right_password_under_another_name_is_wrong(gate):
    with capture_logs():
        assert (await gate.ask(basic("nobody", "right"))).status == 401
        gate.now_s += 1
        assert (await gate.ask(basic("nobody", "right"))).status == 401


async def test_a_revoked_password_counts_no_more(gate):
    assert (await gate.ask(basic("prometheus", "right"))).status == 200
    gate.access.credentials = Credentials({"prometheus": "hash of new"})
    with capture_logs():
        assert (await gate.ask(basic("prometheus", "right"))).status == 401
        assert (await gate.ask(f"Bearer {TOKEN}")).status == 401


async def test_tokens_alone_have_nothing_to_do_with_passwords():
    gate = Gate(Credentials(tokens=frozenset({digest_of(TOKEN)})))
    with capture_logs():
        assert (await gate.ask(basic("prometheus", "right"))).headers["www-authenticate"] == 'Bearer realm="bellwether"'


async def test_one_address_has_few_passwords_verified_at_once():
    let = threading.Event()

    def wait(_hashed, _password):
        return let.wait(20) and False

    gate = Gate(verify=wait)
    with capture_logs():
        async with asyncio.TaskGroup() as group:
            waiting = [group.create_task(gate.ask(basic("person", str(number)))) for number in range(4)]
            same = group.create_task(gate.ask(basic("person", "0")))
            await asyncio.sleep(0)
            assert (await gate.ask(basic("person", "4"))).status == 503
            others = [
                group.create_task(gate.ask(basic("person", f"{number}"), client=f"10.0.1.{number}"))
                for number in range(10, 22)
            ]
            await asyncio.sleep(0)
            assert (await gate.ask(basic("person", "x"), client="10.0.2.1")).status == 503
            let.set()
    assert {task.result().status for task in [*waiting, *others, same]} == {401}
    gate.verifier.close()


async def test_a_password_that_was_changed_while_it_was_verified_is_wrong():
    gate = Gate()

    def change(hashed, password):
        gate.access.credentials = Credentials({"prometheus": "hash of new"})
        return compare(hashed, password)

    gate.verifier._verify = change
    with capture_logs():
        assert (await gate.ask(basic("prometheus", "right"))).status == 401
    gate.verifier.close()
