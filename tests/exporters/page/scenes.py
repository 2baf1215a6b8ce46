"""Clusters as their daemons would tell of them, in JSON: well, in trouble, large, hostile, silent and dead."""

import json
import math
from dataclasses import dataclass, field

import msgspec
from msgspec.structs import replace

from communicator.answers.deployments import (
    Deployment,
    Deployments,
    Point,
    ShownCheck,
    ShownServer,
    ShownStep,
)
from communicator.answers.policy import Policy
from communicator.answers.services import Instance
from communicator.answers.shadows import Comparisons
from communicator.client.status import ClusterStatus
from communicator.errors import NoReceiverError
from communicator.flags.declarations import declarations
from communicator.flags.flag import Flag, FlagName, Source
from tests.bellwether import shadow_sample as sample

NOW_S = 1_795_626_900.0
THRESHOLDS = {"warn_seconds": 0.005, "critical_seconds": 0.05}


@dataclass
class Scene:
    """What is answered, by command; a command that is missing is not answered."""

    answers: dict[str, str] = field(default_factory=dict)
    services: list[Instance] = field(default_factory=list)
    status: ClusterStatus | None = None
    flags: list[Flag] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    async def ask(self, question, parameters):
        what = parameters.get("view") or ("history" if "history" in parameters else question.command)
        self.asked.append(what)
        if what not in self.answers:
            raise NoReceiverError(question.service, question.command)
        return self.answers[what]

    async def instances(self):
        self.asked.append("LIST_SERVICES")
        return self.services

    def cluster(self):
        return self.status


def claim(state="synchronized", bound_s=0.0021, daemon="chronyd", reasons=()):
    upstreams = ["192.0.2.4"] if daemon else []
    return {
        "state": state,
        "bound_seconds": bound_s,
        "daemon": daemon,
        "upstreams": upstreams,
        "offset_seconds": 0.0 if bound_s else None,
        "reasons": list(reasons),
    }


def host(name, offset_s, bound_s=0.00035, verdict="ok", *, holds=True, reasons=(), said=None):
    return {
        "host": name,
        "offset_seconds": offset_s,
        "bound_seconds": bound_s,
        "verdict": verdict,
        "critical": verdict == "wrong" and abs(offset_s or 0) > 0.05,
        "claim": said or claim(),
        "claim_holds": holds,
        "reasons": list(reasons),
    }


def clocks(hosts, own, **more):
    agreeing = [one["host"] for one in hosts if one["verdict"] == "ok"]
    measured = [one["offset_seconds"] for one in hosts if one["offset_seconds"] is not None]
    return {
        "local": {"server": own, "role": "solver", "claim": claim()},
        "solved": True,
        "age_seconds": 4.2,
        "hosts": hosts,
        "pairs": [
            {
                "from": one["host"],
                "to": other["host"],
                "offset_seconds": other["offset_seconds"] - one["offset_seconds"],
                "bound_seconds": 0.00035,
                "rtt_seconds": 0.0002,
                "age_seconds": 3.0,
                "via": "probe",
            }
            for one in hosts[:30]
            for other in hosts[:30]
            if one is not other and None not in (one["offset_seconds"], other["offset_seconds"])
        ],
        "has_majority": 2 * len(agreeing) > len(hosts),
        "agreeing": len(agreeing),
        "spread_seconds": max(measured, default=0) - min(measured, default=0),
        "contradictions": [],
        "camps": [{"hosts": agreeing, "offset_seconds": 0.0, "bound_seconds": 0.00045, "kind": "plain"}],
        "thresholds": THRESHOLDS,
        **more,
    }


def history(wrong_from=None):
    return [
        {
            "at_seconds": NOW_S - (287 - number) * 300,
            "state": "synchronized" if number % 97 else "holdover",
            "bound_seconds": 0.0021,
            "verdict": "wrong" if wrong_from is not None and number >= wrong_from else "ok",
            "offset_seconds": 6e-5 * math.sin(number / 17) + 2e-5 * math.sin(number / 3),
            "hosts": 5,
            "agreeing": 5,
            "steps_total": int(number > 200),
        }
        for number in range(288)
    ]


def graph(names, own, edges, unreachable=()):
    linked = {other for edge in edges for other in edge if own in edge}
    state = lambda name: (  # noqa: E731
        "self" if name == own else "unreachable" if name in unreachable else "linked" if name in linked else "reachable"
    )
    return {
        "server": own,
        "nodes": [
            {
                "server": name,
                "address": f"10.0.{number // 250}.{number % 250 + 1}:4042",
                "state": state(name),
                "hops": 1,
                "next_hop": "" if name == own else min(linked) if linked and name not in linked else name,
            }
            for number, name in enumerate(names)
        ],
        "links": [{"from": one, "to": other, "cost": 1.0, "confirmed": True} for one, other in edges],
        "neighbors": [
            {
                "address": f"10.0.0.{index + 1}:4042",
                "server": name,
                "state": "waiting",
                "failures": 31,
                "reason": "no route",
            }
            for index, name in enumerate(unreachable)
        ],
    }


def router(own, links=("timekeeper", "canary", "exporter", "mailer"), queues=()):
    waiting = dict(queues)
    return {
        "server": own,
        "version": "0.1.0",
        "start_time_seconds": NOW_S - 1_000_000,
        "connections": {"unix": len(links), "local": 0, "secure": 2},
        "messages_routed_total": {"local": 1_204_331, "broadcast": 20_412},
        "messages_dropped_total": {"unroutable": 6, "slow_consumer": 3 if waiting else 0},
        "slow_consumers_total": dict.fromkeys(waiting, 1),
        "cache": {"messages": 0, "bytes": 0},
        "links": [
            {
                "link": name,
                "kind": "unix",
                "service": name,
                "send_queue_bytes": waiting.get(name, 0),
                "received_bytes": 3_000 * (number + 1),
                "sent_bytes": 71_234 * (number + 1),
            }
            for number, name in enumerate(links)
        ],
        "cluster": {"peers": [{"peer": "beta", "up": True, "rtt_seconds": 0.00021}]},
    }


def cell(server, service, version, state="good", **more):
    return {
        "server": server,
        "service": service,
        "version": version,
        "build": "",
        "state": state,
        "since_seconds": 700.0,
        "until_seconds": None,
        "rule": "ok",
        "reason": "ran for 600 s without a failure (limit 600 s)"
        if state == "good"
        else "it runs here for the first time",
        "passed": 12 if state == "good" else 0,
        "failed": 0,
        "running": 1,
        **more,
    }


def release(service, version, seen_s, **more):
    return {"service": service, "version": version, "build": "", "state": "ok", "first_seen_seconds": seen_s, **more}


def canary(own, cells, releases, **more):
    standing = {"mode": "by-rule", "leader": own, "term": 3, "generation": [3, 17], "denied": 0, "watchers": {}}
    return {
        "server": own,
        "canary": standing,
        "cells": sorted(cells, key=lambda one: (one["service"], one["version"], one["server"])),
        "releases": releases,
        "servers": [],
        "freezes": [],
        "overrides": [],
        "total": len(cells),
        **more,
    }


def explanation(server="alpha", service="billing", version="2.0"):
    return {
        "server": server,
        "service": service,
        "version": version,
        "build": "9f3c",
        "state": "blocked",
        "reason": "never worked in 7 tries over 63 s (limit 5 over 60 s)",
        "measures": [
            {"rule": "a", "what": "failures in a row, without a success ever", "value": 7.0, "limit": 5.0},
            {"rule": "a", "what": "seconds they span", "value": 63.2, "limit": 60.0},
            {"rule": "ambient", "what": "seconds of failures without a break", "value": 67.0, "limit": 1800.0},
        ],
        "held_back_by": "",
        "next": "a probe is granted",
        "next_seconds": 372.0,
        "lines": [
            {
                "seq": 41,
                "wall_s": NOW_S - 400,
                "what": "run 5270ffb8-1111-2222-3333-444455556666 began as live",
                "effect": "counted",
            },
            {
                "seq": 42,
                "wall_s": NOW_S - 399,
                "what": "run 5270ffb8-1111-2222-3333-444455556666 ended after 1 s: CRASH, signal 11",
                "effect": "discarded",
                "why": "services: 2 other services failed there within 30 s (limit 2)",
            },
            {
                "seq": 45,
                "wall_s": NOW_S - 395,
                "what": "observing -> suspect (rule run)",
                "effect": "decided",
                "why": "failed 1 time in a row",
            },
            {
                "seq": 61,
                "wall_s": NOW_S - 332,
                "what": "suspect -> blocked (rule a)",
                "effect": "decided",
                "why": "never worked in 7 tries over 63 s (limit 5 over 60 s)",
            },
        ],
        "omitted": 0,
    }


STEPS = ("25 %: 1 of 4 servers", "50 %: 2 of 4 servers, 25 % of their traffic", "100 %: 4 of 4 servers")


def deployment(phase="step", **more):
    """A canary deployment of billing 2.0 to four servers, which is at its second step."""
    rising = [
        Point(2_400.0 - 15 * number, number // 80, 0.025 * number + 0.3 * math.sin(number / 9)) for number in range(96)
    ]
    usual = Deployment(
        id="3f2a9c11",
        name="web",
        service="billing",
        version="2.0",
        from_version="1.9",
        strategy="canary",
        executor="systemd",
        phase=phase,
        reason="up",
        step=1,
        steps=tuple(
            ShownStep(text=text, state=state, bake_s=1_200.0, pauses=state == "current")
            for text, state in zip(STEPS, ("done", "current", "next"), strict=True)
        ),
        servers=(
            ShownServer(server="alpha", version="2.0", is_new=True, state="running"),
            ShownServer(server="beta", version="2.0", is_new=True, state="wanted", text="start is under way"),
            ShownServer(server="delta", version="1.9", state="running"),
            ShownServer(server="gamma", version="1.9", state="away", text="out of reach", acknowledged=False),
        ),
        checks=(
            ShownCheck(
                name="rule c",
                verdict="watch",
                value="10^2.1",
                limit="10^2 pauses, 10^3 goes back",
                text="14 failures, where 5.2 were to be expected",
            ),
            ShownCheck(name="errors", verdict="ok", value="0.4 %", limit="5 %", text="4 of 1,000 requests failed"),
            ShownCheck(name="latency", verdict="no_data", value="-", limit="< 0.3", text="no data for 4m 0s"),
        ),
        log10_evidence=2.1,
        suspect_log10=2.0,
        block_log10=3.0,
        points=tuple(rising),
        next="all servers",
        left_s=475.0,
        by="root@alpha",
        began_ago_s=2_585.0,
        in_phase_s=725.0,
        number=7,
    )
    return msgspec.structs.replace(usual, **more)


def told_deployments(*deployments, server="alpha", leader="alpha", **more):
    """What a canary tells of deployments."""
    return msgspec.json.encode(Deployments(server=server, leader=leader, deployments=deployments, **more)).decode()


PAUSED = deployment(
    "paused",
    reason="step 2: 14 failures of 2.0, where 5.2 were to be expected by those of 1.9",
    needs_human=True,
    next="a person says promote or abort; after 1d 0h it says abort itself",
    left_s=86_000.0,
    behind=("beta",),
)
ABORTING = deployment(
    "aborting",
    id="77ab0102",
    name="mail",
    service="mailer",
    version="4.2",
    from_version="4.1",
    step=0,
    reason="alpha: never worked in 5 tries over 62 s (limit 5 over 60 s)",
    steps=tuple(
        ShownStep(text=text, state="next" if number else "current", bake_s=1_200.0) for number, text in enumerate(STEPS)
    ),
    servers=(
        ShownServer(server="alpha", version="4.1", state="wanted", text="start back is under way"),
        *(ShownServer(server=name, version="4.1", state="running") for name in ("beta", "delta", "gamma")),
    ),
    checks=(),
    log10_evidence=0.0,
    suspect_log10=0.0,
    block_log10=0.0,
    points=(),
    next="it is rolled back",
    left_s=590.0,
    began_ago_s=95.0,
    in_phase_s=10.0,
)
DONE = deployment(
    "done",
    id="0099aabb",
    name="pdf",
    service="printer",
    version="7.1",
    from_version="7.0",
    reason="done",
    steps=tuple(ShownStep(text=text, state="done") for text in STEPS),
    servers=tuple(ShownServer(server=name, version="7.1", is_new=True, state="running") for name in ("alpha", "beta")),
    checks=(),
    points=(),
    suspect_log10=0.0,
    block_log10=0.0,
    next="",
    left_s=None,
    in_phase_s=7_300.0,
)


def status(names, missing=()):
    return ClusterStatus(
        status="up",
        completeness="incomplete" if missing else "complete",
        neighbors_count=len(names),
        live_count=len(names) - len(missing),
        quorum=len(names) // 2 + 1,
        servers=tuple(name for name in names if name not in missing),
        missing=tuple(missing),
    )


def flag(number, **details):
    declared = list(declarations().values())[number]
    wanted = {"reason": "so it is", "file": "neighbors.txt", "router": "gamma", **details}
    made = declared.make(wanted, source=Source(), version="0.1.0", hostname="alpha")
    return Flag(
        **{
            **{name: getattr(made, name) for name in made.__slots__},
            "date_s": int(NOW_S) - 7_300,
            "modified_s": int(NOW_S),
        }
    )


def features(rows=()):
    """A report of feature flags."""
    return {
        "features": rows,
        "total": len(rows),
        "off": sum("offs" in row for row in rows),
        "stale": sum("stale" in row for row in rows),
    }


def feature(name, reason="it is slow", **more):
    """One that is off."""
    off = {"order": "a1", "reason": reason, "by": "root@beta", "given_ago_s": 600.0, "left_s": 3000.0}
    return {"feature": name, "owner": "shop", "type": "kill-switch", "by": "root@alpha", "offs": [off], **more}


def stale_feature(name, text="it expired on 2026-10-01"):
    """One that has outlived its purpose."""
    stale = [{"reason": "expired", "since_ago_s": 5270400.0, "text": text}]
    return {"feature": name, "owner": "web", "type": "release", "expires": "2026-10-01", "stale": stale}


def shadows(own, *comparisons, mirrors=(), fences=()):
    """What the canary of a host tells of shadows."""
    told = Comparisons(server=own, comparisons=comparisons, mirrors=mirrors, fences=fences)
    return msgspec.json.encode(told).decode()


def policy(*entries):
    """The policy of a router."""
    return msgspec.json.encode(Policy(generation=(3, 17), lease_s=60.0, shadows=entries)).decode()


def make_scene(names, own, hosts, cells, releases, **more):
    edges = more.pop("edges", [(one, other) for one in names for other in names if one < other])
    return Scene(
        answers={
            "CLUSTER_GET_GRAPH": json.dumps(graph(names, own, edges, more.get("missing", ()))),
            "ROUTER_GET_STATS": json.dumps(router(own, queues=more.get("queues", ()))),
            "CLOCK_GET_REPORT": json.dumps(clocks(hosts, own, **more.get("clocks", {}))),
            "history": json.dumps(history(more.get("wrong_from"))),
            "features": json.dumps(features(more.get("features", ()))),
            "CANARY_GET_REPORT": json.dumps(canary(own, cells, releases, **more.get("canary", {}))),
            "explain": json.dumps(explanation()),
            "deployments": told_deployments(*more.get("deployments", ())),
            "shadows": shadows(own, *more.get("shadows", ())),
            "POLICY_GET": policy(*more.get("entries", ())),
        },
        services=[
            Instance(service, name, version="0.1.0")
            for name in names
            for service in ("timekeeper", "canary", "exporter", "billing", "mailer")
        ],
        status=status(names, more.get("missing", ())),
        flags=more.get("flags", []),
    )


def well():
    """Three hosts, all well."""
    names = ["alpha", "beta", "gamma"]
    hosts = [host("alpha", 0.0, 0.0), host("beta", 7.01e-6), host("gamma", -4.2e-5)]
    cells = [cell(name, service, "1.9") for name in names for service in ("billing", "mailer")]
    releases = [release("billing", "1.9", 9e5, is_last_good=True), release("mailer", "1.9", 9e5, is_last_good=True)]
    return make_scene(names, "alpha", hosts, cells, releases)


def trouble():
    """Six hosts: a wrong clock with a false claim, a suspect one, a blocked version, a host that is away, flags, a slow service."""
    names = ["alpha", "beta", "delta", "epsilon", "gamma", "omega"]
    hosts = [
        host("alpha", 7.01e-6),
        host("beta", -4.7e-6, 0.00045, said=claim("holdover", 0.0117, "", ["ntpd no longer runs"])),
        host(
            "delta",
            -0.0401,
            0.000347,
            "wrong",
            holds=False,
            reasons=[
                "40.1 ms behind 3 of 5 hosts (±347 µs); claims ±2.12 ms",
                "chronyd claims ±2.12 ms but the clock is 40.1 ms behind true time (±3.17 ms)",
            ],
        ),
        host("epsilon", 0.0, 0.0),
        host(
            "gamma",
            0.00421,
            0.00155,
            "suspect",
            holds=None,
            reasons=["4.21 ms ahead of 3 of 5 hosts (±1.55 ms)", "may be beyond 5 ms, which is not proven"],
            said=claim("unsynchronized", None, "", ["chronyd says it is not synchronised"]),
        ),
        host(
            "omega",
            None,
            None,
            "unknown",
            holds=None,
            reasons=["no fresh measurement of this host by any other"],
            said=claim("unknown", None, ""),
        ),
    ]
    cells = [cell(name, "mailer", "4.1") for name in names[:5]]
    cells += [cell(name, "billing", "1.9") for name in ("beta", "epsilon", "gamma")]
    cells += [
        cell(
            "alpha",
            "billing",
            "2.0",
            "blocked",
            until_seconds=372.0,
            failed=7,
            passed=0,
            running=0,
            excused=1,
            reason="never worked in 7 tries over 63 s (limit 5 over 60 s)",
        ),
        cell("beta", "billing", "2.0", "observing"),
        cell("delta", "billing", "2.0", "proving"),
        cell(
            "gamma",
            "mailer",
            "4.2",
            "suspect",
            until_seconds=25.0,
            failed=5,
            passed=40,
            reason="worked here, and has now failed 5 times in a row (limit 5)",
        ),
    ]
    releases = [
        release("billing", "1.9", 9e5, is_last_good=True),
        release("billing", "2.0", 700.0, log10_evidence=0.4),
        release("mailer", "4.1", 9e5, is_last_good=True),
        release("mailer", "4.2", 5000.0),
    ]
    told = {
        "overrides": [
            {
                "action": "pin",
                "service": "billing",
                "version": "1.9",
                "until_seconds": 86_000.0,
                "reason": "2.0 is not trusted yet",
                "by": "root@gamma",
            }
        ]
    }
    edges = [
        ("alpha", "beta"),
        ("alpha", "delta"),
        ("beta", "delta"),
        ("beta", "epsilon"),
        ("epsilon", "gamma"),
        ("alpha", "gamma"),
    ]
    camps = {
        "camps": [
            {"hosts": ["alpha", "beta", "epsilon"], "offset_seconds": 0.0, "bound_seconds": 0.000451, "kind": "plain"},
            {"hosts": ["delta"], "offset_seconds": -0.0401, "bound_seconds": 0.000347, "kind": "plain"},
        ],
        "has_majority": True,
        "agreeing": 3,
    }
    return make_scene(
        names,
        "alpha",
        hosts,
        cells,
        releases,
        edges=edges,
        missing=["omega"],
        canary=told,
        clocks=camps,
        queues=[("mailer", 300_000)],
        flags=[flag(3, reason="40.1 ms behind 3 of 5 hosts"), flag(1)],
        features=[feature("recommendations"), stale_feature("new-parser")],
    )


def deploying():
    """A deployment that waits for a person, one on its way back, and one that is done."""
    made = trouble()
    made.answers["deployments"] = told_deployments(ABORTING, PAUSED, DONE)
    entry = replace(sample.ENTRY, deployment=PAUSED.id)
    made.answers["shadows"] = shadows("alpha", sample.COMPARISON, mirrors=(sample.MIRROR,), fences=(sample.FENCE,))
    made.answers["POLICY_GET"] = policy(entry, sample.REFERENCE)
    return made


def large(hosts=200, services=10, versions=10, sick=4):
    """Many hosts, of which a few are not well; each host runs one version of each service, and has seen all of them."""
    names = [f"node{number:03}" for number in range(hosts)]
    told = [
        host(name, 0.0004 * math.sin(number), 0.0003)
        if number % 50 != 7
        else host(name, 0.02 + number / 1000, 0.0004, "wrong", holds=False, reasons=[f"{20 + number} ms ahead of most"])
        for number, name in enumerate(names)
    ]
    cells, releases = [], []
    for service in range(services):
        for version in range(versions):
            label = f"1.{version}"
            newest = version == versions - 1
            releases.append(
                release(f"service{service}", label, 1000.0 * (versions - version), is_last_good=version == versions - 2)
            )
            for number, name in enumerate(names):
                if newest and number % 3:
                    continue
                state = (
                    "blocked" if newest and service == 1 and number < sick * 3 else "observing" if newest else "good"
                )
                cells.append(cell(name, f"service{service}", label, state, running=int(newest)))
    edges = [(names[number], names[other]) for number in range(1, hosts) for other in {number // 2, number - 1}]
    deployed = [
        deployment(
            ("paused", "step", "done")[service % 3],
            service=f"service{service}",
            servers=tuple(ShownServer(server=name, version="1.9", state="running") for name in names),
        )
        for service in range(services)
    ]
    return make_scene(names, names[0], told, cells, releases, edges=sorted(set(edges)), deployments=deployed)


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "a" * 255,
    "\u202etxt.exe",
    "\u05e9\u05e8\u05ea",
    "a&b=c#d?e/f%g",
    "line\nbreak\x07",
    "]]>--><!--",
)


def hostile():
    """Names that nobody should choose."""
    names = list(HOSTILE)
    hosts = [
        host(name, 0.001 * number, verdict="wrong" if number > 5 else "ok", reasons=[name])
        for number, name in enumerate(names)
    ]
    cells = [
        cell(name, other, version, "blocked", reason=name)
        for name in names[:5]
        for other, version in zip(names, reversed(names), strict=True)
    ]
    releases = [
        release(other, version, 10.0, state="held", reason=other)
        for other, version in zip(names, reversed(names), strict=True)
    ]
    made = make_scene(
        names,
        names[0],
        hosts,
        cells,
        releases,
        missing=names[1:3],
        canary={"servers": [{"server": names[0], "reason": names[1]}]},
        deployments=[
            deployment(
                service=name,
                version=name,
                from_version=name,
                id=name,
                reason=name,
                next=name,
                active=name,
                by=name,
                behind=(name,),
                executor=name,
                steps=(ShownStep(text=name, state="current"),),
                servers=(ShownServer(server=name, version=name, state="failed", text=name),),
                checks=(ShownCheck(name=name, verdict="bad", value=name, limit=name, text=name),),
            )
            for name in names
        ],
        features=[feature(name, name, file=name) for name in names] + [stale_feature(name, name) for name in names],
    )
    made.flags = [
        Flag(
            name=FlagName("unit", "section", f"{scheme[:4]}{number}"),
            message=text,
            priority=60,
            help=text,
            help_uri=f"{scheme}:{text}",
        )
        for number, text in enumerate(names)
        for scheme in ("javascript", "http://example.org/")
    ]
    return made


def silent():
    """Only the router answers."""
    made = well()
    for command in (
        "CLOCK_GET_REPORT",
        "history",
        "CANARY_GET_REPORT",
        "deployments",
        "shadows",
        "features",
        "explain",
    ):
        del made.answers[command]
    return made


def dead():
    """Not even the router answers."""
    return Scene()


SCENES = {scene.__name__: scene for scene in (well, trouble, deploying, large, hostile, silent, dead)}
