"""Following deployments: each check is looked at alone and in turn, and what goes wrong holds that check only."""

import asyncio

import pytest

from canary.deployment.analysis.analysis import Analysis
from canary.deployment.analysis.judging import Measured
from canary.deployment.analysis.providers import AT_ONCE
from canary.deployment.spec import Check, Spec


def check(name, **keys):
    return Check(**{"name": name, "provider": "command", "value": name, "failure": "> 1", "interval": 0.001} | keys)


def spec_of(*checks):
    return Spec(name="web", service="billing", version="2", checks=checks)


class Meter:
    """Says a number that is set here, or does what it is told."""

    def __init__(self):
        self.numbers = {}
        self.looks = []
        self.running = {}
        self.most = 0
        self.went_on = asyncio.Event()
        self.hangs = frozenset()

    async def measure(self, check, _spec, since_s):
        self.looks.append((check.name, since_s))
        self.went_on.set()
        self.running[check.name] = self.running.get(check.name, 0) + 1
        self.most = max(self.most, sum(self.running.values()))
        assert self.running[check.name] == 1, "one look at a time"
        try:
            if check.name in self.hangs:
                await asyncio.Event().wait()
            number = self.numbers.get(check.name, 0.5)
            if isinstance(number, Exception):
                raise number
            return Measured(name=check.name, at_s=0.0, value=number)
        finally:
            self.running[check.name] -= 1

    async def again(self, looks=1):
        """Wait until it has looked so often more."""
        until = len(self.looks) + looks
        while len(self.looks) < until:
            self.went_on.clear()
            await self.went_on.wait()


@pytest.fixture
def meter():
    return Meter()


@pytest.fixture
async def analysis(meter):
    analysis = Analysis(meter, lambda: 0.0)
    yield analysis
    await analysis.close()
    assert sum(meter.running.values()) == 0


def said(analysis, deployment="d1"):
    return {shown.name: shown.verdict for shown in analysis.verdicts(deployment)}


async def test_checks_are_looked_at_again_and_again(analysis, meter):
    analysis.follow("d1", spec_of(check("a"), check("b")), 5.0)
    assert said(analysis) == {"a": "no_data", "b": "no_data"}
    await meter.again(6)
    assert set(meter.looks) == {("a", 5.0), ("b", 5.0)}
    assert said(analysis) == {"a": "ok", "b": "ok"}
    meter.numbers["b"] = 2.0
    await meter.again(6)
    assert said(analysis) == {"a": "ok", "b": "watch"}


async def test_a_look_that_hangs_or_fails_holds_its_check_only(analysis, meter):
    meter.hangs = {"a"}
    meter.numbers["b"] = ZeroDivisionError("ours")
    analysis.follow("d1", spec_of(check("a"), check("b"), check("c")), 0.0)
    await meter.again(9)
    assert said(analysis) == {"a": "no_data", "b": "error", "c": "ok"}
    assert "a fault of the canary itself: ZeroDivisionError('ours')" in analysis.verdicts("d1")[1].text


async def test_not_all_are_looked_at_at_once(analysis, meter):
    names = [f"c{number}" for number in range(AT_ONCE + 3)]
    meter.hangs = set(names[:AT_ONCE])
    analysis.follow("d1", spec_of(*map(check, names)), 0.0)
    await meter.again(AT_ONCE)
    assert meter.most == AT_ONCE


async def test_the_same_again_changes_nothing_and_anything_else_begins_anew(analysis, meter):
    spec = spec_of(check("a", interval=1_000.0))
    analysis.follow("d1", spec, 5.0)
    await meter.again()
    await asyncio.sleep(0)
    analysis.follow("d1", spec_of(check("a", interval=1_000.0)), 5.0)
    assert said(analysis) == {"a": "ok"}
    analysis.follow("d1", spec, 6.0)
    assert said(analysis) == {"a": "no_data"}
    await meter.again()
    assert meter.looks == [("a", 5.0), ("a", 6.0)]


async def test_deployments_are_followed_beside_each_other_and_left(analysis, meter):
    analysis.follow("d1", spec_of(check("a")), 0.0)
    analysis.follow("d2", spec_of(check("b")), 0.0)
    await meter.again(6)
    analysis.leave("d1")
    analysis.leave("d1")
    await meter.again(3)
    seen = len(meter.looks)
    await meter.again(3)
    assert {name for name, _ in meter.looks[seen:]} == {"b"}
    assert (said(analysis, "d1"), said(analysis, "d2")) == ({}, {"b": "ok"})


async def test_only_the_checks_of_a_part_are_followed(analysis):
    spec = spec_of(check("a", phase="before"), check("b", phase="after"), check("c"))
    for part, names in (("before", {"a"}), ("after", {"b"}), (None, {"a", "b", "c"})):
        analysis.follow("d1", spec, 0.0, part)
        assert set(said(analysis)) == names


async def test_more_checks_that_count_need_more_evidence(analysis):
    counts = {"value": None, "failure": None, "events": "all", "failures": "bad"}
    analysis.follow("d1", spec_of(*(check(f"c{number}", **counts) for number in range(10)), check("a")), 0.0)
    assert "bad from 10^4.0" in analysis.verdicts("d1")[0].limit
