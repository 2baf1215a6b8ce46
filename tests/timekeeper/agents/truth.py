"""What a report must never be: farther from the truth than it says."""

import time


def check(report, truth, slack_s=0.0):
    """Hold every number of a report that has just come against the truth.

    Args:
        report: CLOCK_CURRENT_REPORT, read.
        truth: By how much the clock of each host is ahead of that of this machine, in seconds; where that changes, the
            function that tells it for a moment on the monotonic clock.
        slack_s: How well that is known.
    """
    now_s = time.monotonic()
    tell = truth if callable(truth) else lambda _: truth
    own = report["local"]["server"]
    _check_pairs([{"from": own, "to": pair["peer"], **pair} for pair in report["local"]["pairs"]], tell(now_s), slack_s)
    if report["solved"]:
        then = tell(now_s - report["age_seconds"])
        _check_pairs(report["pairs"], then, slack_s)
        for host in report["hosts"]:
            if host["offset_seconds"] is not None:
                base_s = then[report["reference"]] if host["compared_with"] == "majority" else 0.0
                error_s = host["offset_seconds"] - (then[host["host"]] - base_s)
                assert abs(error_s) <= host["bound_seconds"] + slack_s, host


def _check_pairs(pairs, truth, slack_s):
    for pair in pairs:
        if pair["offset_seconds"] is not None:
            error_s = pair["offset_seconds"] - (truth[pair["to"]] - truth[pair["from"]])
            assert abs(error_s) <= pair["bound_seconds"] + slack_s, (pair, truth)


def verdicts(report):
    """The verdict on each host."""
    return {host["host"]: host["verdict"] for host in report["hosts"]}


def host(report, name):
    """What is told of one host; nothing of one that is not known yet."""
    return next((one for one in report["hosts"] if one["host"] == name), {"verdict": None, "reasons": []})


def vias(report, name):
    """How others measured a host, by who they are: ``probe``, ``router``, or None for not at all."""
    return {pair["from"]: pair["via"] for pair in report["pairs"] if pair["to"] == name}
