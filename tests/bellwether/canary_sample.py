"""A cluster of three servers with a bad version, as its canaries tell of it: for pages, and for the samples in docs/canary.md."""

import io

from rich.console import Console

from bellwether.canary_picture import Frozen, Ordered, Picture
from communicator.answers.explanations import Explanation, Line, Measure
from communicator.answers.releases import Cell, Comparison, Release, SickServer, Standing

NEVER = "never worked in 7 tries over 63 s (limit 5 over 60 s)"
BAKED = "ran for 600 s without a failure (limit 600 s)"
ALPHA = Cell(
    "alpha",
    "billing",
    "2.0",
    "9f3c",
    "blocked",
    180.0,
    372.0,
    "a",
    NEVER,
    failed=7,
    excused=1,
    consecutive=7,
    strikes=0,
)
BETA = Cell(
    "beta",
    "billing",
    "2.0",
    "9f3c",
    "observing",
    20.0,
    reason="it runs here for the first time",
    running=1,
    running_seconds=20.0,
)
GAMMA = Cell(
    "gamma", "billing", "1.9", "1aa0", "good", 1e6, reason=BAKED, passed=12, running=1, running_seconds=1e6, rule="time"
)
MAILER = Cell(
    "gamma",
    "mailer",
    "4.1",
    "",
    "suspect",
    9.0,
    25.0,
    "b",
    "worked here, and has now failed 5 times in a row (limit 5)",
    passed=40,
    failed=5,
)


def sample_picture():
    return Picture(
        server="alpha",
        canary=Standing(
            mode="by-rule",
            leader="alpha",
            term=3,
            generation=(3, 17),
            denied=1,
            watchers={"systemd": ""},
        ),
        cells=(GAMMA, ALPHA, BETA, MAILER),
        releases=(
            Release("billing", "1.9", "1aa0", is_last_good=True),
            Release(
                "billing",
                "2.0",
                "9f3c",
                log10_evidence=0.4,
                comparison=Comparison(
                    against_version="1.9",
                    log10_evidence=0.4,
                    suspect_log10=2.0,
                    held_log10=3.0,
                    reason=(
                        "fails more than 1.9: 3 of 4 failures are its own, where 2.1 would be at 1.25 times the rate; "
                        "evidence 10^0.4"
                    ),
                ),
            ),
            Release("mailer", "4.1", is_last_good=True),
        ),
        overrides=(
            Ordered(
                "pin",
                service="billing",
                version="1.9",
                until_seconds=86_000.0,
                reason="2.0 is not trusted yet",
                by="root@gamma",
            ),
        ),
    )


def troubled_picture():
    """All that may be said at the top."""
    return Picture(
        server="",
        canary=Standing(mode="dry-run", watchers={"systemd": "not reached"}, ledger_errors_total=2, facts_lost_total=1),
        servers=(SickServer("beta", "sick", 300.0, "3 services were blocked there"),),
        freezes=(
            Frozen("*", None, "verdicts about 4 services", "", ("alpha", "beta")),
            Frozen("billing", 60.0, "we move", "root", ("alpha",)),
        ),
        unheard=("gamma",),
    )


def sample_explanation():
    start_s = 1_790_000_000.0
    lines = [
        Line(41, 10.0, start_s, "run 5270ffb8-bc00-5028-8e53-53867304e521 began as live", "counted"),
        Line(
            42,
            11.0,
            start_s + 1,
            "run 5270ffb8-bc00-5028-8e53-53867304e521 ended after 1 s: CRASH, signal 11",
            "discarded",
            "services: 2 other services failed there within 30 s (limit 2)",
        ),
        Line(43, 14.0, start_s + 4, "run 07624329-909d-5757-991b-4e39a6075846 began as live", "counted"),
        Line(
            44,
            15.0,
            start_s + 5,
            "run 07624329-909d-5757-991b-4e39a6075846 ended after 1 s: CRASH, signal 11",
            "counted",
        ),
        Line(45, 15.0, start_s + 5, "observing -> suspect (rule run)", "decided", "failed 1 time in a row"),
        Line(61, 78.0, start_s + 68, "suspect -> blocked (rule a)", "decided", NEVER),
    ]
    measures = (
        Measure("a", "failures in a row, without a success ever", 7, 5),
        Measure("a", "seconds they span", 63.02, 60),
        Measure("ambient", "seconds of failures without a break", 67.0, 1800),
    )
    return Explanation(
        server="alpha",
        service="billing",
        version="2.0",
        build="9f3c",
        state="blocked",
        reason=NEVER,
        measures=measures,
        next="a probe is granted",
        next_seconds=372.0,
        lines=tuple(lines),
    )


def screen(what, width=80):
    """What a terminal of that width shows."""
    console = Console(file=io.StringIO(), width=width)
    console.print(what)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())
