"""Rules and alerts: Prometheus takes them, and they fire and stay silent as told; checks/test_rules.py reads the rest."""

import os
import re
import shutil
import subprocess
from functools import cache

import pytest
import yaml

from tests.deploy.narrowed import narrow
from tests.deploy.rule_files import ALERTS, PROMETHEUS, RULES, TESTS, load

WITHOUT_COLLECTING = {"GOGC": "off", "GOMEMLIMIT": "1GiB"}
"""Go collects no garbage until promtool has that much: a quarter of its time."""


def succeeds(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def promtool(require_program):
    return require_program("promtool")


@pytest.mark.parametrize("path", [RULES, ALERTS], ids=["rules", "alerts"])
def test_promtool_finds_no_fault_in(path, promtool):
    succeeds([promtool, "check", "rules", "--lint-fatal", path])


def test_the_sample_configuration_loads_the_rules(promtool, tmp_path):
    shutil.copy(PROMETHEUS / "prometheus.yml", tmp_path)
    (tmp_path / "bellwether").mkdir()
    for path in (RULES, ALERTS):
        shutil.copy(path, tmp_path / "bellwether")
    succeeds([promtool, "check", "config", "--lint-fatal", tmp_path / "prometheus.yml"])


@pytest.fixture
def play(promtool):
    """Has promtool play the cases of files: tens of thousands of evaluations."""

    def played(*paths):
        command = [promtool, "test", "rules", *paths]
        environment = os.environ | WITHOUT_COLLECTING
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)

    return played


@pytest.mark.short
def test_a_file_of_cases_can_be_played_as_it_is_shipped(play):
    flags = PROMETHEUS / "tests/flags.yml"
    done = play(flags)
    assert done.returncode == 0, done.stdout + done.stderr
    [_] = {str({**load(path), "tests": None}) for path in TESTS}  # nothing else differs


@pytest.mark.parametrize("path", TESTS, ids=[path.stem for path in TESTS])
def test_alerts_fire_and_stay_silent(path, play, tmp_path):
    groups = [group for file in (RULES, ALERTS) for group in load(file)["groups"]]
    done = play(*narrow(path, groups, tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr


HASTY = [
    (r"\n +for: \w+", ""),  # an alert fires at once
    (r"(_over_time\([\w:]+(?:\{[^}]*\})?)\[\d+m\]", r"\1[29s]"),  # one sample is enough
    (r"\n +and on \(cluster, instance\) \w+_up offset \w+ == 1", ""),  # whatever is seen first has just happened
    (r"(:increase10m|changes\(.*\)\)) > \d+", r"\1 > 2"),
]
"""What keeps an alert silent, taken out."""
NOT_BY_PATIENCE = {"BellwetherDeploymentRolledBack", "CanaryEventsLost"}
"""An alert about a counter, which is silent where nothing changes at all; and one about what is a day old."""


@cache
def hasty_groups():
    """All rules without their patience."""
    texts = [path.read_text() for path in (RULES, ALERTS)]
    for pattern, replacement in HASTY:
        texts = [re.sub(pattern, replacement, text) for text in texts]
    return [group for text in texts for group in yaml.safe_load(text)["groups"]]


@pytest.mark.parametrize("path", TESTS, ids=[path.stem for path in TESTS])
def test_alerts_stay_silent_only_because_they_are_patient(path, play, tmp_path):
    """Without windows, waits and limits each case of silence fails: it had something to be silent at."""
    done = play(*narrow(path, hasty_groups(), tmp_path))
    failed = set(re.findall(r"name: (\w+) is silent", done.stdout + done.stderr))
    silent = set(re.findall(r"name: (\w+) is silent", path.read_text()))
    assert silent - failed - NOT_BY_PATIENCE == set()
