"""The sample of Alertmanager: it is accepted, routes each alert, and holds back what follows from another, never two each other."""

import asyncio
import json
import subprocess
import urllib.error
import urllib.request

import pytest
import yaml

from communicator.testing.router_cluster import _reserved_address
from tests.conftest import EVENTUALLY_S
from tests.deploy.rule_files import ROOT, TESTS, alerts, load
from tests.prometheus.running import with_its_share
from tests.timekeeper.conftest import run_process

SAMPLE = ROOT / "deploy/alertmanager/alertmanager.yml"
PACKAGE = "prometheus-alertmanager"
ON_ALPHA = {"cluster": "west", "host": "alpha"}


@pytest.fixture(scope="module")
def amtool(debian_program):
    program = debian_program(PACKAGE, "usr/bin/amtool")

    def run(*arguments):
        return subprocess.run(
            [program.path, *arguments], env=program.environment, capture_output=True, text=True, check=False, timeout=50
        )

    return run


def test_amtool_finds_no_fault(amtool):
    done = amtool("check-config", SAMPLE)
    assert done.returncode == 0, done.stdout + done.stderr


RECEIVERS = {"critical": "page", "warning": "mail", "info": "mail", "none": "dead-mans-switch"}


def test_each_alert_goes_where_its_severity_says(amtool):
    for (name, severity), rule in alerts().items():
        labels = [f"alertname={name}", f"severity={severity}", f"area={rule['labels']['area']}"]
        receiver = f"--verify.receivers={RECEIVERS[severity]}"
        done = amtool("config", "routes", "test", f"--config.file={SAMPLE}", receiver, *labels)
        assert done.returncode == 0, f"{labels}: {done.stdout}{done.stderr}"


def test_what_is_urgent_of_one_host_waits_for_no_other_and_not_for_long():
    route = load(SAMPLE)["route"]
    [page] = [one for one in route["routes"] if one["receiver"] == "page"]
    assert "host" in page["group_by"]
    assert page["group_wait"] == "10s"
    assert route["group_interval"] == "1m"


class Alertmanager:
    """A real one with the inhibitions of the sample, which tells nobody."""

    def __init__(self, address):
        self._url = f"http://{address}/api/v2/alerts"

    def post(self, alerts):
        body = json.dumps([{"labels": labels} for labels in alerts]).encode()
        request = urllib.request.Request(self._url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=EVENTUALLY_S):
            pass

    async def alerts(self):
        """Each alert by its fingerprint; None while it does not serve yet."""
        return await asyncio.to_thread(self._alerts)

    def _alerts(self):
        try:
            with urllib.request.urlopen(self._url, timeout=EVENTUALLY_S) as answer:
                return {alert["fingerprint"]: alert for alert in json.load(answer)}
        except urllib.error.URLError:
            return None


@pytest.fixture
async def alertmanager(debian_program, tmp_path, eventually):
    program = debian_program(PACKAGE, "usr/bin/prometheus-alertmanager")
    told = load(SAMPLE)
    told["receivers"] = [{"name": receiver["name"]} for receiver in told["receivers"]]
    (tmp_path / "alertmanager.yml").write_text(yaml.safe_dump(told))
    with _reserved_address(1) as address:
        command = [
            *with_its_share(program),
            f"--config.file={tmp_path}/alertmanager.yml",
            f"--storage.path={tmp_path}/data",
        ]
        command += [f"--web.listen-address={address}", "--cluster.listen-address="]
        with run_process(command, program.environment, tmp_path / "log"):
            started = Alertmanager(address)
            await eventually(started.alerts, lambda alerts: alerts is not None)
            yield started


def alert(alertname, severity="warning", /, **labels):
    areas = [rule["labels"]["area"] for (named, _), rule in alerts().items() if named == alertname]
    return {"alertname": alertname, "severity": severity, "area": areas[0], **ON_ALPHA, **labels}


def flag(unit, section, name, severity="warning", **labels):
    return alert("SitterFlagRaised", severity, unit=unit, section=section, name=name, **labels)


HOST_DOWN = alert("HostDown", "critical")
ROUTER_DOWN = alert("CommunicatorDown", "critical")
CUT_OFF = alert("CommunicatorCutOff", "critical")
CLUSTER_DOWN = alert("CommunicatorClusterDown", "critical", host="")
CLAIM_FALSE = alert("TimekeeperClaimFalse", "critical")
CLOCK_WRONG = alert("TimekeeperClockWrong")
LEDGER = alert("CanaryLedgerNotWritten", "critical")

HELD_BACK = [
    (HOST_DOWN, alert("BellwetherExporterDown")),
    (HOST_DOWN, alert("TimekeeperClockUnsynchronized")),
    (HOST_DOWN, flag("backup", "job", "late")),
    (HOST_DOWN, alert("CommunicatorClusterIncomplete", host="")),
    (HOST_DOWN, alert("CommunicatorSplitView", host="")),
    (ROUTER_DOWN, HOST_DOWN),
    (ROUTER_DOWN, alert("TimekeeperDown")),
    (ROUTER_DOWN, alert("CanaryDown")),
    (CUT_OFF, HOST_DOWN),
    (CUT_OFF, alert("TimekeeperClockHoldover")),
    (CUT_OFF, alert("CanaryPolicyNotSet")),
    (CUT_OFF, alert("CommunicatorSplitView", host="")),
    (CLUSTER_DOWN, alert("CanaryVersionBlocked", host="")),
    (CLUSTER_DOWN, alert("TimekeeperClockDrifting", host="gamma")),
    (CLUSTER_DOWN, alert("CommunicatorClusterIncomplete", host="")),
    (alert("TimekeeperClusterOff", "critical", host=""), CLAIM_FALSE),
    (CLAIM_FALSE, CLOCK_WRONG),
    (CLAIM_FALSE, alert("TimekeeperClockWrong", "critical")),
    (CLAIM_FALSE, flag("timekeeper", "clock", "false-claim", "critical")),
    (HOST_DOWN, flag("communicatord", "remote-connection", "connection-failed", "critical", host="beta")),
    (CLOCK_WRONG, alert("TimekeeperClockSpread", host="")),
    (CLOCK_WRONG, alert("TimekeeperClockUnsynchronized")),
    (CLOCK_WRONG, flag("timekeeper", "clock", "wrong", "critical")),
    (CLOCK_WRONG, flag("timekeeper", "cluster", "host-wrong", host="beta")),
    (CLOCK_WRONG, alert("TimekeeperClockSuspect")),
    (alert("TimekeeperNoMajority", "critical", host=""), flag("timekeeper", "cluster", "no-majority")),
    (alert("TimekeeperNoMajority", "critical", host=""), alert("TimekeeperClockContradicted", "critical")),
    (alert("TimekeeperClockContradicted", "critical"), flag("timekeeper", "clock", "contradicted")),
    (alert("TimekeeperClockStepped"), flag("timekeeper", "clock", "stepped")),
    (alert("CanaryVersionBlocked", host=""), flag("canary", "version", "blocked")),
    (LEDGER, alert("CanaryPolicyNotSet")),
    (LEDGER, flag("canary", "ledger", "not-written", "critical")),
    (alert("TimekeeperClockSpread", "critical", host=""), alert("TimekeeperClockSpread", host="")),
    (alert("HostDiskNearlyFull", "critical", path="/data"), alert("HostDiskNearlyFull", path="/data")),
]
TOLD_BOTH = [
    (HOST_DOWN, alert("BellwetherExporterDown", host="beta")),
    (HOST_DOWN, CUT_OFF | {"host": "beta"}),
    (HOST_DOWN, HOST_DOWN | {"host": "beta"}),
    (CLUSTER_DOWN, CLAIM_FALSE),
    (CLUSTER_DOWN, LEDGER),
    (CLOCK_WRONG, CLOCK_WRONG | {"host": "beta"}),
    (CLOCK_WRONG, flag("timekeeper", "clock", "wrong", "critical", host="beta")),
    (CLOCK_WRONG, flag("communicatord", "neighbors", "file-write", "critical")),
    (flag("a", "b", "c", "critical"), flag("a", "b", "d")),
    (alert("HostDiskNearlyFull", "critical", path="/data"), alert("HostDiskNearlyFull", path="/flags")),
    (alert("BellwetherWatchdog", "none"), alert("CanaryFrozen")),
]


def apart(pairs, prefix):
    """Each pair in a cluster of its own, so that all can be told to one Alertmanager."""
    return [tuple(one | {"cluster": f"{prefix}{number}"} for one in pair) for number, pair in enumerate(pairs)]


def find(posted, labels):
    told = {name: value for name, value in labels.items() if value}
    [(fingerprint, found)] = [item for item in posted.items() if item[1]["labels"] == told]
    return fingerprint, set(found["status"]["inhibitedBy"])


async def test_what_follows_from_another_is_held_back_and_nothing_else(alertmanager, eventually):
    held, told = apart(HELD_BACK, "held"), apart(TOLD_BOTH, "told")
    every = [one for pair in held + told for one in pair]
    alertmanager.post(every)
    posted = await eventually(
        alertmanager.alerts,
        lambda posted: len(posted) == len(every) and all(find(posted, target)[1] for _, target in held),
    )
    for source, target in held:
        assert find(posted, target)[1] == {find(posted, source)[0]}, f"{source} and {target}"
        assert find(posted, source)[1] == set(), f"{source} is held back by {target}"
    for pair in told:
        assert [find(posted, one)[1] for one in pair] == [set(), set()], pair


async def test_exporters_are_no_news_while_nothing_is_seen_at_all(alertmanager, eventually):
    blind, exporter, disk = (
        {"alertname": "BellwetherBlind", "severity": "critical"},
        alert("BellwetherExporterDown"),
        alert("HostDiskNearlyFull"),
    )
    alertmanager.post([blind, exporter, disk])
    posted = await eventually(alertmanager.alerts, lambda posted: len(posted) == 3 and find(posted, exporter)[1])
    assert find(posted, exporter)[1] == {find(posted, blind)[0]}
    assert find(posted, disk)[1] == set()


def every_alert():
    """The labels of each alert as promtool's cases expect them, all of one cluster and as far as may be of one host."""
    found = {}
    for path in TESTS:
        for case in load(path)["tests"]:
            for check in case["alert_rule_test"]:
                for expected in check["exp_alerts"]:
                    labels = {"alertname": check["alertname"], **expected["exp_labels"], "cluster": "west"}
                    if "host" in labels:
                        labels["host"] = "alpha"
                    found[json.dumps(labels, sort_keys=True)] = labels
    return list(found.values())


async def test_two_alerts_never_hold_back_each_other(alertmanager, eventually):
    """Or an incident in which both fire would be told to nobody."""
    every = every_alert()
    alertmanager.post(every)
    posted = await eventually(
        alertmanager.alerts, lambda posted: len(posted) == len(every) and any(by(posted, each) for each in posted)
    )
    for each in posted:
        above, reached = {each}, set()
        while above - reached:
            one = (above - reached).pop()
            reached.add(one)
            above |= by(posted, one)
        roots = [one for one in reached if not by(posted, one)]
        assert roots, f"{posted[each]['labels']} is told to nobody: all that hold it back are held back"
        assert all(each not in by(posted, one) for one in by(posted, each))


def by(posted, fingerprint):
    return set(posted[fingerprint]["status"]["inhibitedBy"])
