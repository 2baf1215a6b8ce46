"""One flag from its definition to its removal: a real router, a real canary, a service with the provider, and a person."""

import asyncio
import json
import threading
import time
from contextlib import contextmanager

import pytest
import structlog
from openfeature import api
from typer.testing import CliRunner

from bellwether.main import application
from communicator.client import Service
from communicator.openfeature import BellwetherProvider
from communicator.testing import run_router
from tests.bellwether.feature_sample import DEFINITION
from tests.bellwether.test_canary_commands import WITHIN_S, canary_on

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module", autouse=True)
def _quiet():
    """What the canary logs in this process is no output of a command."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.reset_defaults()


@contextmanager
def evaluating(router):
    """A client of OpenFeature whose provider follows the canary, in a service on a thread of its own."""
    ready, loops, services = threading.Event(), [], []

    async def serve():
        service = Service(router.unix, "shop")
        api.set_provider(BellwetherProvider(service))
        loops.append(asyncio.get_running_loop())
        services.append(service)
        ready.set()
        await service.run()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(WITHIN_S)
        yield api.get_client()
    finally:
        loops[0].call_soon_threadsafe(services[0].stop)
        thread.join()
        api.clear_providers()


class Person:
    """Types commands, and looks at what the service comes to."""

    def __init__(self, router, flags, directory):
        self.flags = flags
        self.directory = directory
        self._environment = {"BELLWETHER_COMMUNICATOR": router.unix, "COLUMNS": "120"}

    def types(self, *words, **options):
        return CliRunner().invoke(
            application, ["feature", *words], prog_name="bellwether", env=self._environment, **options
        )

    def does(self, *words, **options):
        """What is printed by a command that has to work."""
        done = self.types(*words, **options)
        assert done.exit_code == 0, done.stderr
        return done.stdout

    def file(self, **changes):
        place = self.directory / "new-parser.json"
        place.write_text(json.dumps(DEFINITION | changes))
        return str(place)

    def sees(self, variant, reason):
        """Wait until the service evaluates the flag so."""
        give_up, found = time.monotonic() + WITHIN_S, None
        while found is None or (found.variant, found.reason) != (variant, reason):
            assert time.monotonic() < give_up, found
            found = self.flags.get_boolean_details("new-parser", default_value=False)


@pytest.fixture
def person(tmp_path):
    settings = f"features_path={tmp_path / 'features.d'}"
    with run_router() as router, canary_on(router, tmp_path, settings), evaluating(router) as flags:
        yield Person(router, flags, tmp_path)


def test_a_flag_is_defined_switched_off_and_on_and_removed(person):
    assert person.does("list") == "No feature flag is defined, and none is asked for.\n"
    assert person.does("set", "new-parser", person.file(), "--reason", "ready") == "✔ alpha: in force\n"
    person.sees("on", "STATIC")
    off = person.types("off", "new-parser", "--reason", "it loses invoices", "--for", "2h")
    assert (off.exit_code, off.stdout) == (0, "✔ alpha: in force\n")
    assert off.stderr == "new-parser serves 'off' = false to everybody while it is off\n"
    person.sees("off", "DISABLED")
    listed = person.does("list")
    assert "‖ new-parser  release  off: 'off' = false  core   2027-12-31" in listed
    assert "s ago: it loses invoices" in listed
    assert person.does("set", "new-parser", person.file(), "--reason", "again") == "✔ alpha: in force\n"
    person.sees("off", "DISABLED")
    assert person.does("on", "new-parser", "--reason", "mended") == "✔ alpha: in force\n"
    person.sees("on", "STATIC")
    shown = person.does("show", "new-parser")
    assert shown.startswith("✔ new-parser: 'on' = true\n")
    told = [
        line.split("  ", 1)[1] for line in person.does("history", "new-parser").splitlines() if " new-parser" in line
    ]
    assert [line.partition(" ")[2].split()[0] for line in told] == ["defined", "switched", "defined", "switched"]
    assert person.does("remove", "new-parser", "--reason", "done") == "✔ alpha: in force\n"
    person.sees(None, "ERROR")
    assert person.types("remove", "new-parser").exit_code != 0


def test_a_flag_that_has_expired_fails_the_build(person):
    assert person.does("list", "--stale") == "No feature flag is stale.\n"
    metadata = DEFINITION["metadata"] | {"expires": "2020-01-01"}
    person.does("set", "new-parser", person.file(metadata=metadata))
    done = person.types("list", "--stale")
    assert done.exit_code == 1
    assert "⚠ new-parser" in done.stdout
    assert "stale: its lifetime ended on 2020-01-01" in done.stdout


def test_what_is_shown_can_be_edited_and_set(person):
    person.does("set", "new-parser", person.file())
    shown = json.loads(person.does("show", "new-parser", "--json"))
    shown["definition"]["defaultVariant"] = "off"
    assert person.does("set", "new-parser", "-", input=json.dumps(shown)) == "✔ alpha: in force\n"
    person.sees("off", "STATIC")


def test_a_flag_without_a_variant_for_off_leaves_the_default_of_the_code(person):
    person.does(
        "set", "size", "-", input=json.dumps(DEFINITION | {"variants": {"a": 1, "b": 2}, "defaultVariant": "a"})
    )
    done = person.types("off", "size", "--reason", "x")
    assert (done.exit_code, done.stdout) == (0, "✔ alpha: in force\n")
    assert done.stderr == "the flag 'size' has no off variant: services get the default of their code\n"


def test_mistakes_are_told(person):
    person.does("set", "new-parser", person.file())
    slip = person.types("off", "new-parsr", "--reason", "x")
    assert (slip.exit_code, slip.stdout) == (2, "")
    assert "do you mean 'new-parser'? (--unseen gives the order all the same)" in slip.stderr
    twice = person.types("on", "new-parser", "--reason", "x")
    assert twice.exit_code == 1
    assert "refuses it: the flag 'new-parser' is not switched off" in twice.stderr
    wrong = person.types("set", "new-parser", person.file(colour="red"))
    assert wrong.exit_code == 78
    assert "flag 'new-parser': 'colour': unknown key: take it out" in wrong.stderr
    ahead = person.types("off", "to-come", "--reason", "x", "--unseen")
    assert ahead.exit_code == 0
    assert ahead.stderr == "the flag 'to-come' is not defined: services get the default of their code, as before\n"
