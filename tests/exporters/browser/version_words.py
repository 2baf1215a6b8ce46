"""What a canary tells of versions, in its own shapes: some that are well, one that never worked where it was tried."""

import re

import msgspec

from canary.judge.state import State
from canary.report import Known, describe
from canary.tallies import Tallies
from communicator.answers.explanations import Explanation, Line, Measure
from communicator.answers.releases import Cell, Release, Standing
from communicator.protocol import Message

NEVER = "never worked in 7 tries over 63 s (limit 5 over 60 s)"
START_S = 1_790_000_000.0
DAY_S = 86_400.0


def cell(server, service, version, **others):
    return Cell(
        **{"server": server, "service": service, "version": version, "build": "", "state": "good"}
        | {"since_seconds": 86_400.0, "until_seconds": None, "rule": "time"}
        | {"reason": "ran for 600 s without a failure (limit 600 s)", "passed": 12, "failed": 0, "excused": 0}
        | {"censored": 0, "consecutive": 0, "strikes": 0, "running": 1, "running_seconds": 86_400.0, "override": ""}
        | others
    )


def blocked_cell(server, service, version, **others):
    told = {"state": "blocked", "since_seconds": 180.0, "until_seconds": 372.0, "rule": "a", "reason": NEVER}
    told |= {"passed": 0, "failed": 7, "consecutive": 7, "running": 0, "running_seconds": None}
    return cell(server, service, version, **told | others)


def report(*cells, own="alpha", **others):
    """All that a canary with a new ledger tells, and these versions."""
    known = Known(State(), Tallies(), _standing(own, cells), own, 0.0)
    told = {"cells": cells, "releases": _releases(cells), "total": len(cells)}
    return msgspec.structs.replace(describe(known, offset=0, limit=1), **told | others)


def explanation(one):
    """Why a version is where it is."""
    measures = (
        Measure("a", "failures in a row, without a success ever", one.consecutive, 5),
        Measure("a", "seconds they span", 63.02, 60),
    )
    lines = (
        Line(43, 14.0, START_S + 4, "run 07624329 began as live", "counted", ""),
        Line(44, 15.0, START_S + 5, "run 07624329 ended after 1 s: CRASH, signal 11", "counted", ""),
        Line(61, 78.0, START_S + 68, "suspect -> blocked (rule a)", "decided", one.reason),
    )
    return Explanation(
        server=one.server,
        service=one.service,
        version=one.version,
        build=one.build,
        state=one.state,
        reason=one.reason,
        measures=measures,
        held_back_by="",
        next="a probe is granted" if one.until_seconds else "nothing, as long as it goes on like this",
        next_seconds=one.until_seconds,
        lines=lines,
        omitted=0,
    )


def answer(scene, question):
    """CANARY_CURRENT_REPORT, or INVALID where nothing is known of what is asked about."""
    told = scene.versions
    if question.get("view") == "deployments":
        return Message("CANARY_CURRENT_REPORT", {"report": msgspec.json.encode(scene.deployments).decode()})
    if question.get("view") == "shadows":
        return Message("CANARY_CURRENT_REPORT", {"report": msgspec.json.encode(scene.shadows).decode()})
    if question.get("view") != "explain":
        return Message("CANARY_CURRENT_REPORT", {"report": msgspec.json.encode(_page(told, question)).decode()})
    wanted = tuple(question.get(name) for name in ("server", "service", "version", "build"))
    for one in told.cells:
        if (one.server, one.service, one.version, one.build) == wanted:
            return Message("CANARY_CURRENT_REPORT", {"report": msgspec.json.encode(explanation(one)).decode()})
    return Message("INVALID", {"command": "CANARY_GET_REPORT", "message": "no such version there"})


def _page(told, question, rows=1_024):
    offset = int(question.get("offset") or 0)
    return msgspec.structs.replace(told, cells=told.cells[offset : offset + rows], offset=offset)


def _standing(own, cells):
    return Standing(
        mode="enforce",
        leader=own,
        term=3,
        generation=(3, 17),
        denied=sum(one.state == "blocked" for one in cells),
        policy_age_seconds=12.0,
        ledger_entries=61,
        ledger_errors_total=0,
        facts_lost_total=0,
        watchers={"systemd": ""},
    )


def _releases(cells):
    """Each version in the whole cluster; of a service the larger number is the younger one."""
    versions = sorted(set(map(_version, cells)), key=lambda of: (of[0], *map(int, re.findall(r"\d+", of[1]))))
    blocked = {_version(one) for one in cells if one.state == "blocked"}
    last_good = {version[0]: version for version in versions if version not in blocked}
    return tuple(
        Release(
            service=version[0],
            version=version[1],
            build=version[2],
            state="suspect" if version in blocked else "ok",
            until_seconds=None,
            log10_evidence=0.4 if version in blocked else None,
            reason="",
            first_seen_seconds=DAY_S * (len(versions) - number),
            is_last_good=version == last_good.get(version[0]),
        )
        for number, version in enumerate(versions)
    )


def _version(one):
    return (one.service, one.version, one.build)
