"""What a timekeeper tells of clocks, in its own shapes: hosts that are well, a wrong one with a false claim."""

import msgspec

from communicator.answers.clocks import Camp, Claim, ClockReport, Host, Local, Pair, Point, References, Thresholds
from communicator.protocol import Message

WARN_S, CRITICAL_S = 0.005, 0.050
BOUND_S = 0.0002
"""Of what is measured."""
CLAIMED_S = 0.002
"""Of what is claimed."""
DAY_S, EVERY_S = 86_400, 1_800


def claim(**others):
    return Claim(
        **{"state": "synchronized", "reasons": ("chronyd last updated the clock 12 s ago",), "daemon": "chronyd"}
        | {"upstreams": ("192.0.2.1",), "offset_seconds": 0.0001, "bound_seconds": CLAIMED_S, "stratum": 3}
        | {"leap": "normal", "age_seconds": 1.0}
        | others
    )


def host(name, offset_s=0.00001, **others):
    return Host(
        **{"host": name, "offset_seconds": offset_s, "bound_seconds": BOUND_S, "verdict": "ok", "critical": False}
        | {"compared_with": "majority", "drift_ppm": None, "seconds_to_threshold": None, "age_seconds": 2.0}
        | {"claim": claim(), "claim_holds": True, "true_offset_seconds": None, "true_bound_seconds": None}
        | {"reasons": ()}
        | others
    )


def wrong_host(name, offset_s=0.2, **others):
    """One whose daemon says that all is well, and who is far from the others."""
    reason = f"{offset_s * 1e3:+.1f} ms from the majority, and claims to be right within {CLAIMED_S * 1e3:.1f} ms"
    told = {"verdict": "wrong", "critical": offset_s > CRITICAL_S, "claim_holds": False, "reasons": (reason,)}
    return host(name, offset_s, **told | others)


def solved(*hosts, own="alpha", **others):
    """The report of a solver on the first of these hosts."""
    agreeing = [one for one in hosts if one.verdict == "ok"]
    offsets = [one.offset_seconds for one in hosts if one.offset_seconds is not None]
    return ClockReport(
        **{"local": _local(own), "solved": True, "age_seconds": 1.0, "hosts": hosts}
        | {"pairs": tuple(_pair(own, one) for one in hosts if one.host != own), "has_majority": True}
        | {"agreeing": len(agreeing), "reference": agreeing[0].host if agreeing else None}
        | {"spread_seconds": max(offsets, default=0) - min(offsets, default=0), "residual_seconds": 0.0}
        | {"cluster_off": False, "contradictions": (), "camps": tuple(_camps(hosts)), "reasons": ()}
        | {"thresholds": Thresholds(WARN_S, CRITICAL_S), "references_by_host": _references()}
        | others
    )


def history(own_verdict="ok", now_s=1_790_000_000.0):
    """The points of a day, half an hour apart: well but for the last quarter, which is as told."""
    return [
        Point(
            at_seconds=now_s - DAY_S + ago_s,
            state="synchronized",
            bound_seconds=CLAIMED_S,
            verdict="ok" if ago_s < DAY_S * 3 / 4 else own_verdict,
            offset_seconds=0.00002 * (ago_s // EVERY_S % 5 - 2),
            hosts=3,
            agreeing=3,
            has_majority=True,
            spread_seconds=0.0001,
            wrong=(),
            steps_total=0,
        )
        for ago_s in range(0, DAY_S, EVERY_S)
    ]


def answer(report, points, question):
    """CLOCK_CURRENT_REPORT."""
    told = {"report": msgspec.json.encode(report).decode()}
    if question.get("history") == "true":
        told["history"] = msgspec.json.encode(points).decode()
    return Message("CLOCK_CURRENT_REPORT", told)


def _camps(hosts):
    """Those that agree, and each of the others by itself."""
    yield Camp(tuple(one.host for one in hosts if one.verdict == "ok"), 0.0, BOUND_S)
    for one in hosts:
        if one.verdict == "wrong":
            yield Camp((one.host,), one.offset_seconds, BOUND_S)


def _local(own):
    return Local(server=own, boot_id="boot", life="life", seq=7, role="solver", claim=claim(), sources={"selected": 1})


def _pair(own, one):
    known = one.offset_seconds is not None
    return Pair(
        from_=own,
        to=one.host,
        offset_seconds=one.offset_seconds,
        bound_seconds=one.bound_seconds,
        rtt_seconds=0.0003 if known else None,
        age_seconds=1.0 if known else None,
        via="probe" if known else None,
        drift_ppm=None,
    )


def _references():
    return {
        "alpha": References(offset_seconds=0.0, bound_seconds=0.001, agreeing=("ntp1.example.net",), age_seconds=4.0)
    }
