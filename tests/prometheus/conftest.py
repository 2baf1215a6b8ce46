"""The suite and those who watch it, once for each file of tests."""

from contextlib import ExitStack

import pytest

from tests.prometheus.running import Alertmanager, Prometheus, Receiver
from tests.prometheus.suite import run_suite

LOG_CHARACTERS = 4000


@pytest.fixture(scope="module")
def stack():
    """Ends what a file of tests has started, the last first."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("suite")


@pytest.fixture(scope="module")
def faketime(debian_program):
    [library] = debian_program("libfaketime", "usr/lib").path.glob("*/faketime/libfaketime.so.1")
    return library


@pytest.fixture(scope="module")
def suite(faketime, directory, stack):
    return run_suite(directory, faketime, stack)


@pytest.fixture(scope="module")
def receiver(stack):
    return Receiver(stack)


@pytest.fixture(scope="module")
def alertmanager(debian_program, require_program, directory, receiver, stack):
    require_program("unshare")
    program = debian_program("prometheus-alertmanager", "usr/bin/prometheus-alertmanager")
    return Alertmanager(program, directory / "alertmanager", receiver, stack)


@pytest.fixture(scope="module")
def prometheus(debian_program, directory, suite, alertmanager, stack):
    program = debian_program("prometheus", "usr/bin/prometheus")
    return Prometheus(program, directory / "prometheus", suite, alertmanager, stack)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A test that fails shows the end of the log of each daemon."""
    report = yield
    suite = item.funcargs.get("suite")
    if call.excinfo is not None and report.failed and suite is not None:
        report.sections += [(f"log of {name}", log[-LOG_CHARACTERS:]) for name, log in suite.logs().items()]
    return report
