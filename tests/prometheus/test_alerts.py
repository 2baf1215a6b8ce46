"""Of a clock made wrong and a version made bad somebody is told, by the rules and routes that we ship; and when they are mended."""

import asyncio
import re

import pytest

from tests.prometheus.suite import STARTED_S, WRONG
from tests.prometheus.troubles import crash_until_blocked, order

AHEAD_S = 0.2
LIMIT_S = 0.05
TOLD_S = 90.0
WRONG_CLOCK = r"The clock of gamma is wrong: off by ([\d.]+)ms \(\+ is ahead\), certain to \S+; "
BLOCKED = r"billing 2\.0 fails and is kept from running\b.* on 1 host: beta\."
RUNBOOK = "file:///usr/share/doc/bellwether/runbook.md#"

pytestmark = [pytest.mark.timeout(240), pytest.mark.takes(40)]


@pytest.fixture
async def peace(prometheus, eventually):
    """All hosts are there and measured, and no clock is wrong."""
    fine = 'count by (host) (timekeeper_host_verdict{verdict="ok"} == 1) and on () count(canary_up == 1) == 3'
    await eventually(lambda: prometheus.query(fine), lambda found: len(found) == 3, STARTED_S)


@pytest.fixture
def told(prometheus, receiver, eventually):  # noqa: ARG001 - it has to run
    """Waits until somebody is told of an alert; gives who it was and the alert."""

    async def wait(name, status):
        def is_told(found):
            return any(alert["status"] == status for _, alert in found)

        found = await eventually(lambda: receiver.told(name), is_told, TOLD_S)
        return next((who, alert) for who, alert in reversed(found) if alert["status"] == status)

    return wait


@pytest.mark.usefixtures("peace")
async def test_who_is_told_of_what_and_when_it_is_over(suite, told, receiver, eventually):
    """One test, since there is one suite; each trouble comes while the others last, as troubles do."""
    await asyncio.gather(
        check_a_wrong_clock(suite, told, receiver),
        check_a_bad_version(suite, told, eventually),
        check_the_watchdog(told),
    )


async def check_a_wrong_clock(suite, told, receiver):
    suite.set_clock(AHEAD_S)
    who, alert = await told("TimekeeperClockWrong", "firing")
    assert who == "page"
    assert alert["labels"] == {
        "alertname": "TimekeeperClockWrong",
        "area": "clock",
        "host": WRONG,
        "severity": "critical",
    }
    summary = alert["annotations"]["summary"]
    off = re.match(WRONG_CLOCK, summary)
    assert off, summary
    assert float(off[1]) / 1000 == pytest.approx(AHEAD_S, rel=0.05)
    assert summary.endswith(f"; the critical limit is {LIMIT_S * 1000:.0f}ms.")
    assert alert["annotations"]["runbook_url"] == f"{RUNBOOK}timekeeperclockwrong"
    suite.set_clock(0.0)
    await told("TimekeeperClockWrong", "resolved")
    found = await receiver.told("TimekeeperClockWrong")
    assert {(who, alert["labels"]["host"]) for who, alert in found} == {("page", WRONG)}


async def check_a_bad_version(suite, told, eventually):
    await crash_until_blocked(suite["beta"], eventually)
    who, alert = await told("CanaryVersionBlocked", "firing")
    assert who == "mail"
    assert alert["labels"] == {
        "alertname": "CanaryVersionBlocked",
        "area": "canary",
        "service": "billing",
        "severity": "warning",
        "version": "2.0",
    }
    assert re.fullmatch(BLOCKED, alert["annotations"]["summary"])
    assert alert["annotations"]["runbook_url"] == f"{RUNBOOK}canaryversionblocked"
    await order(suite["beta"], "pardon", service="billing", version="2.0")
    await told("CanaryVersionBlocked", "resolved")


async def check_the_watchdog(told):
    who, alert = await told("BellwetherWatchdog", "firing")
    assert (who, alert["labels"]["severity"]) == ("alive", "none")
