"""Checks against a real Prometheus of Debian, which scrapes itself as version 2.5.0."""

import math
from contextlib import ExitStack

import pytest

from canary.deployment.analysis.judging import CheckState
from canary.deployment.analysis.providers import Providers
from canary.deployment.analysis.settings import MetricServer
from canary.deployment.settings import DeploySettings
from canary.deployment.spec import Check, Spec
from communicator.testing.router_cluster import _reserved_address
from tests.timekeeper.conftest import run_process

pytestmark = [pytest.mark.slow, pytest.mark.components]

SPEC = Spec(name="web", service="billing", version='2.5.0 "beta"')
CONFIG = """
global: {scrape_interval: 1s}
scrape_configs:
  - job_name: prometheus
    static_configs:
      - targets: ['%s']
        labels: {version: '2.5.0 "beta"'}
"""
HAS = 'prometheus_tsdb_head_samples_appended_total{version="$version"}'


@pytest.fixture(scope="module")
def address(debian_program, tmp_path_factory):
    program, home = debian_program("prometheus", "usr/bin/prometheus"), tmp_path_factory.mktemp("prometheus")
    with ExitStack() as stack:
        address = stack.enter_context(_reserved_address(1))
        (home / "prometheus.yml").write_text(CONFIG % address)
        command = [program.path, f"--config.file={home}/prometheus.yml", f"--storage.tsdb.path={home}/data"]
        stack.enter_context(
            run_process([*command, f"--web.listen-address={address}"], program.environment, home / "log")
        )
        yield address


@pytest.fixture
def look(address):
    """Looks at a metric once."""
    settings = DeploySettings(metric_servers={"main": MetricServer(url=f"http://{address}")})
    providers = Providers(None, lambda: settings, lambda: 1_000.0)
    yield lambda check: providers.measure(check, SPEC, 940.0)
    providers.close()


def valued(query):
    return Check(name="x", provider="prometheus", server="main", value=query, failure="> 1e15")


async def test_counters_are_evidence(look, eventually):
    """What it has stored, of which nothing failed; it takes two scrapes until something has increased."""
    query = f"sum(increase({HAS}[$since]))"
    check = Check(name="x", provider="prometheus", server="main", events=query, failures=f"0 * {query}")
    state = CheckState(check)

    async def counted():
        state.add(await look(check))
        return state.verdict(1_000.0)

    shown = await eventually(counted, lambda shown: shown.verdict == "ok")
    assert shown.value.startswith("0 of ")
    before = float(shown.value.split()[2])
    await eventually(counted, lambda shown: float(shown.value.split()[2]) > before)


@pytest.mark.parametrize(
    ("query", "value", "error"),
    [
        ('vector(3) and on() vector(1) # "$version"', 3.0, ""),
        ("scalar(vector(2)) # $version", 2.0, ""),
        ('no_such_metric{version="$version"}', None, ""),
        ("vector(1) / 0 # $version", math.inf, ""),
        (
            f'label_replace(vector(1), "a", "b", "", "") or label_replace(vector(2), "c", "d", "", "") # {HAS}',
            None,
            "metric server 'main': 2 series, among them {",
        ),
        (f"sum({HAS}", None, "metric server 'main': 400 Bad Request: it refuses the query: '"),
        (f"{HAS}[$since]", None, "metric server 'main': the query gives a 'matrix', and not one number"),
    ],
    ids=["good", "scalar", "empty", "inf", "series", "wrong", "matrix"],
)
async def test_what_it_answers(look, eventually, query, value, error):
    """Until it serves, it refuses connections, or says 503."""

    def is_up(measured):
        return not any(word in measured.error for word in ("cannot be asked", "503"))

    measured = await eventually(lambda: look(valued(query)), is_up)
    assert measured.value == value
    assert measured.error.startswith(error) if error else not measured.error


async def test_not_a_number(look, eventually):
    query = valued("vector(0) / 0 # $version")
    measured = await eventually(lambda: look(query), lambda measured: measured.value is not None)
    assert math.isnan(measured.value)
    state = CheckState(query)
    state.add(measured)
    assert state.verdict(1_000.0).verdict == "no_data"
