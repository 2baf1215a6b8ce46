"""A real Prometheus with the configuration that we ship finds, scrapes and judges the whole suite."""

import re
import subprocess

import pytest

from tests.prometheus.running import DEPLOY, RULES
from tests.prometheus.suite import STARTED_S

UP = {"alpha": "up", "beta": "up", "gamma": "up"}
TARGETS = ("communicator", "timekeeper", "canary", "sitter", "host")

pytestmark = [pytest.mark.timeout(240), pytest.mark.takes(20)]


@pytest.mark.short
async def test_all_hosts_are_found_through_one_and_told_of(suite, prometheus, require_program, eventually):
    """One test, since there is one suite: tests of a file may run in several processes."""
    check_configuration(prometheus, require_program("promtool"))
    await eventually(prometheus.targets, lambda found: found == UP, STARTED_S)
    await check_each_host_tells_of_all(prometheus, eventually)
    await check_all_rules_are_evaluated(prometheus, eventually)
    await check_a_host_whose_exporter_is_gone_stays_a_target(suite["beta"], prometheus, eventually)


def check_configuration(prometheus, promtool):
    done = subprocess.run(
        [promtool, "check", "config", prometheus.config], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


async def check_each_host_tells_of_all(prometheus, eventually):
    """Whom an exporter tells of, and that it is there."""
    for target in TARGETS:
        found = await eventually(
            lambda name=target: prometheus.query(f"{name}_up == 1"), lambda samples: len(samples) == len(UP), STARTED_S
        )
        assert {labels["instance"] for labels, _ in found} == set(UP)


async def check_all_rules_are_evaluated(prometheus, eventually):
    def are_evaluated(groups):
        return groups and all(health == "ok" for rules in groups.values() for _, health in rules)

    found = await eventually(prometheus.rules, are_evaluated)
    shipped = "\n".join((DEPLOY / "prometheus" / name).read_text() for name in RULES)
    names = re.findall(r"^ +- (?:alert|record): (\S+)", shipped, re.MULTILINE)
    assert sorted(name for rules in found.values() for name, _ in rules) == sorted(names)


async def check_a_host_whose_exporter_is_gone_stays_a_target(host, prometheus, eventually):
    """Or no alert could tell that it is down."""
    host.kill("exporters")
    await eventually(lambda: prometheus.query(f'up{{instance="{host.name}"}} == 0'), bool)
    assert set(await prometheus.targets()) == set(UP)
    host.start_again("exporters")
    await eventually(prometheus.targets, lambda found: found == UP, STARTED_S)
