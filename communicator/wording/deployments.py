"""PURE: where a deployment is, in words and marks, the same on a terminal and on the page; it judges none."""

from collections.abc import Mapping

from communicator.answers.deployments import Change, Deployment, ShownCheck, ShownServer, ShownStep
from communicator.wording.counts import count, listed
from communicator.wording.marks import BAD, DOUBTFUL, GONE, GOOD, OPEN, SUSPECT, TRIED, UNKNOWN, Mark
from communicator.wording.releases import odds_text, version_text
from communicator.wording.spans import span

PHASES: Mapping[str, tuple[Mark, str]] = {
    "pending": (OPEN, "pending"),
    "shadow": (TRIED, "running as a shadow"),
    "preparing": (TRIED, "preparing"),
    "step": (TRIED, ""),
    "paused": (SUSPECT, "paused"),
    "promoting": (TRIED, "promoting"),
    "baking": (TRIED, "baking"),
    "done": (GOOD, "done"),
    "aborting": (BAD, "on the way back"),
    "rolled_back": (BAD, "rolled back"),
    "superseded": (GONE, "superseded"),
}
"""The mark of each phase, and its word; of a step it is the number that says more."""
_AT_STEPS = frozenset(("preparing", "step", "paused"))
STEPS: Mapping[str, Mark] = {"done": GOOD, "current": TRIED, "next": OPEN}
SERVERS: Mapping[str, tuple[Mark, str]] = {
    "running": (GOOD, "running"),
    "wanted": (TRIED, "is being put there"),
    "failed": (BAD, "failed"),
    "away": (UNKNOWN, "away"),
}
CHECKS: Mapping[str, tuple[Mark, str]] = {
    "ok": (GOOD, "ok"),
    "watch": (SUSPECT, "watch"),
    "bad": (BAD, "bad"),
    "no_data": (UNKNOWN, "no data"),
    "error": (DOUBTFUL, "error"),
}
NOBODY_LEADS = "nobody leads: nothing moves, and no command is taken until a majority of the canaries is in reach"


def phase_mark(phase: str) -> Mark:
    """The mark of a phase."""
    return PHASES[phase][0]


def phase_text(one: Deployment) -> str:
    """Where it is, such as ``paused at step 2 of 4`` or ``done``."""
    steps = steps_total(one)
    total = f" of {steps}" if steps else ""
    return _phase_text(one, total, has_steps=steps > 0)


def steps_total(one: Deployment) -> int:
    """How many steps it has; its shadow is none of them."""
    return sum(not step.as_shadow for step in one.steps)


def change_text(one: Change) -> str:
    """Where it went, such as ``step 2``; a change does not tell how many steps there are."""
    return _phase_text(one, "", has_steps=True)


def _phase_text(one: Deployment | Change, total: str, *, has_steps: bool) -> str:
    phase, word = one.phase, PHASES[one.phase][1]
    if one.as_shadow:
        return f"{word} as a shadow" if phase == "paused" else word
    if phase not in _AT_STEPS or not has_steps:
        return word or phase
    number = f"step {one.step + 1}{total}"
    return {"step": number, "preparing": f"preparing {number}"}.get(phase, f"{word} at {number}")


def what_text(one: Deployment) -> str:
    """What is deployed, such as ``billing 2.0 build 9f3c``."""
    return f"{one.service} {version_text(one.version, one.build)}"


def back_text(one: Deployment) -> str:
    """What its way back leads to, such as ``1.9``."""
    return version_text(one.from_version, one.from_build) if one.from_version else "nothing: it is the first version"


def origin_text(one: Deployment) -> str:
    """Where it comes from, such as ``canary 3f2a from 1.9, executor systemd, began 43m 5s ago, by root@alpha``."""
    attempt = f", attempt {one.attempt}" if one.attempt > 1 else ""
    by = f", by {one.by}" if one.by else ""
    start = f"from {back_text(one)}" if one.from_version else "the first version"
    return f"{one.strategy} {one.id}, {start}, executor {one.executor}, began {span(one.began_ago_s)} ago{by}{attempt}"


def next_text(one: Deployment) -> str:
    """What comes next, such as ``next: step 3, in 7m 55s``; empty where nothing does."""
    if not one.next:
        return ""
    when = "" if one.left_s is None else f", in {span(one.left_s)}"
    overdue = ", overdue" if one.is_overdue else ""
    return f"next: {one.next}{when}{overdue}"


def evidence_text(one: Deployment) -> str:
    """How strong the evidence is, with its limits; empty where nothing is compared.

    Such as ``evidence that it fails more: 2.5 to 1 (pauses at 100 to 1, aborts at 1,000 to 1)``.
    """
    if not one.suspect_log10 and not one.block_log10:
        return ""
    reached = "none" if one.log10_evidence <= 0 else odds_text(one.log10_evidence)
    limits = f"pauses at {odds_text(one.suspect_log10)}, aborts at {odds_text(one.block_log10)}"
    return f"evidence that it fails more: {reached} ({limits})"


def notices(one: Deployment) -> list[tuple[Mark, str]]:
    """What a person has to know besides: what gets the traffic, and whose routers lag behind."""
    return [
        *([(GONE, f"{one.active} gets the traffic")] if one.active else []),
        *([(DOUBTFUL, f"the routers of {listed(one.behind)} have not acknowledged it yet")] if one.behind else []),
    ]


def decisions(one: Deployment) -> list[tuple[str, str]]:
    """Each command that a person may give to it now, and what that does."""
    promote, pause = ("promote", "go on with what comes next"), ("pause", "stay where it is")
    is_alone = one.strategy == "shadow"
    again = [("abort", "try again to stop the shadow")] if one.may_stop_again else []
    abort = ("abort", "stop the shadow" if is_alone else f"go back to {back_text(one)}")
    told = {
        "paused": [promote, ("resume", "go on where it was paused"), abort],
        "done": [("undo", f"go back to {back_text(one)}")] if one.from_version and not is_alone else [],
        "rolled_back": [("retry", "try it again, from the first step")],
        "promoting": [pause, abort],
        "baking": [pause, abort],
        "aborting": [],
        "superseded": [],
    }.get(one.phase, [promote, pause, abort])
    return [(f"bellwether deploy {command} {one.service}", effect) for command, effect in (*told, *again)]


def step_text(one: ShownStep) -> str:
    """A step, such as ``25 % of the servers, bakes 20m 0s, then waits for a person``."""
    bakes = f", bakes {span(one.bake_s)}" if one.bake_s else ""
    return f"{one.text}{bakes}{', then waits for a person' if one.pauses else ''}"


def server_words(one: ShownServer) -> tuple[str, str, str]:
    """A server, the version that it is to have, and how it does there."""
    lag = "" if one.acknowledged else "its router has not acknowledged it yet"
    state = ", ".join(filter(None, (SERVERS[one.state][1], one.text, lag)))
    return one.server, version_text(one.version, one.build), state


def check_words(one: ShownCheck) -> tuple[str, str, str, str]:
    """A check: its name, verdict, value and limit."""
    limit = f"limit {one.limit}" if one.limit else ""
    return one.name, CHECKS[one.verdict][1], one.value, limit


def others_text(number: int, version: str) -> str:
    """Servers that are not listed one by one, such as ``12 more servers run 1.9``."""
    return f"{count(number, 'more server')} {'runs' if number == 1 else 'run'} {version_text(version, '')}"
