"""PURE: rule D: is it the version, the server, or only the two together? The leader asks; it knows of verdicts, not of runs."""

import math
from collections.abc import Collection, Iterator, Mapping
from typing import Literal

import msgspec

from canary.judge import caps
from canary.judge.releases import BARRED
from canary.judge.state import Cell, Release, Server, State
from canary.records import CellKey, Record, RuleMode, ServerJudged, Version, VersionJudged
from canary.rules import Rules

LATE_S = 60.0
"""A block that ended so long ago was not ended where it was: what followed there has not been heard yet."""


def judge_versions(
    state: State, rules: Rules, now_s: float, touched: Collection[CellKey], services: Collection[str] | None
) -> Iterator[Record]:
    """What follows for the versions that something has just happened to, and for those that are held or would be.

    Args:
        state: What is known.
        rules: The limits.
        now_s: By the ledger's clock.
        touched: The versions on servers that something has just happened to.
        services: Those of which versions that are held, or would be, are looked at; None for all.
    """
    judged = {**state.held, **state.doubted}
    judged = judged if services is None else {version: None for version in judged if version.service in services}
    for version in {**{key.of: None for key in touched}, **judged}:
        release = state.releases.get(version)
        if release is not None:
            yield from _judge_version(state, rules, release, now_s)


def judge_servers(state: State, rules: Rules, now_s: float, touched: Collection[CellKey]) -> Iterator[Record]:
    """What follows for the servers that something has just happened to, and for those that are sick.

    Args:
        state: What is known.
        rules: The limits.
        now_s: By the ledger's clock.
        touched: The versions on servers that something has just happened to.
    """
    for name in {**{key.server: None for key in touched}, **state.sick}:
        server = state.servers.get(name)
        if server is not None:
            yield from _judge_server(rules, server, now_s)


def deadlines(state: State) -> Iterator[float]:
    """When what was judged is to be judged again."""
    for name in state.sick:
        yield state.servers[name].sick_until_at_s or 0.0
    for version in state.held:
        release = state.releases[version]
        if release.rule == "d" and release.until_at_s is not None:
            yield release.until_at_s


def _judge_version(state: State, rules: Rules, release: Release, now_s: float) -> Iterator[VersionJudged]:
    is_held = release.state == "held" and release.rule == "d"
    tried, cells = _servers(state, release, -math.inf if is_held else now_s - LATE_S)
    failing = len(cells)
    is_over = release.until_at_s is not None and now_s >= release.until_at_s
    if failing < rules.d.version_servers or failing < rules.d.version_share * tried:
        if is_held and (is_over or tried >= release.tried):
            yield _verdict(release.version, "ok", f"no longer fails everywhere: on {failing} of {tried} servers", {})
        return
    if release.state == "held" and not (is_held and is_over):
        return
    cap = "" if is_held else caps.forbids_hold(state, rules, release.version, "d", now_s)
    if cap and (cap, "d") == (release.suppressed_by, release.suppressed_rule):
        return
    limit = f"limit {rules.d.version_servers}, and {rules.d.version_share:.0%} of them"
    numbers = {"servers": failing, "tried": tried, "limit_servers": rules.d.version_servers}
    what = "does not work for long" if any(cell.ever_passed for cell in cells) else "never worked"
    found = _verdict(release.version, "held", f"{what} on {failing} of {tried} servers ({limit})", numbers)
    yield msgspec.structs.replace(
        found,
        mode="detected" if cap else "enforced",
        suppressed_by=cap,
        until_at_s=now_s + rules.a.longest_block_s,
    )


def _servers(state: State, release: Release, since_s: float) -> tuple[int, list[Cell]]:
    """How many servers tried a version, and on which of them rule A or E has found that it does not work, and says so since."""
    cells = [state.cells[CellKey(server, *release.version)] for server in release.servers]
    tried = [cell for cell in cells if not state.servers[cell.key.server].is_sick]
    return len(tried), [cell for cell in tried if _does_not_work(cell, since_s)]


def _does_not_work(cell: Cell, since_s: float) -> bool:
    """A wrong configuration of one server says nothing of the version, and a block that should have ended not how it is now."""
    is_barred = cell.state in BARRED and cell.until_at_s is not None and cell.until_at_s >= since_s
    is_found = is_barred or cell.suppressed_rule == "a" or (cell.suppressed_rule == "e" and not cell.ever_good)
    return is_found and not (cell.is_local or cell.is_pardoned)


def _verdict(
    version: Version, state: Literal["ok", "held"], reason: str, numbers: Mapping[str, float]
) -> VersionJudged:
    service, name, build = version
    return VersionJudged(
        service=service, version=name, build=build, state=state, rule="d", reason=reason, numbers=dict(numbers)
    )


def _judge_server(rules: Rules, server: Server, now_s: float) -> Iterator[ServerJudged]:
    is_dry = rules.holds or (rules.mode or rules.d.mode) == "dry-run"
    mode: RuleMode = "detected" if is_dry else "enforced"
    if server.sick_until_at_s is not None:
        if now_s >= server.sick_until_at_s:
            reason = f"{rules.d.server_within_s:g} s have passed"
            yield ServerJudged(
                server=server.name, state="ok", mode="enforced" if server.is_sick else mode, reason=reason
            )
        return
    services = {service for at_s, service in server.verdicts if at_s > now_s - rules.d.server_within_s}
    if len(services) < rules.d.server_services:
        return
    limit = f"limit {rules.d.server_services} within {rules.d.server_within_s:g} s"
    yield ServerJudged(
        server=server.name,
        state="sick",
        mode=mode,
        until_at_s=now_s + rules.d.server_within_s,
        reason=f"{len(services)} services were blocked or ejected there: {', '.join(sorted(services))} ({limit})",
        numbers={"services": len(services), "limit_services": rules.d.server_services},
    )
