"""PURE: what has become of a deployment, for a script that waits for it; it asks nobody, and waits for nothing."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import msgspec

from bellwether.canary_scope import USAGE
from bellwether.failure import NOT_YET, UNDECIDED, UNREACHABLE, CommandError
from communicator.answers.deployments import ENDED, Change, Deployment
from communicator.wording.deployments import NOBODY_LEADS, change_text, next_text, phase_text, what_text

Verdict = Literal["done", "reached", "failed", "paused", "unreachable", "open"]
EXIT_CODES: Mapping[Verdict, int] = {
    "done": 0,
    "reached": 0,
    "failed": 1,
    "paused": UNDECIDED,
    "unreachable": UNREACHABLE,
    "open": NOT_YET,
}
"""What a command that waited for it ends with; ``reached``: what was waited for; ``open``: it takes more time."""
_UNTIL = re.compile(r"(done|paused)|step ?([1-9][0-9]?)", re.ASCII)
_BEFORE_STEPS = frozenset(("pending", "preparing"))
_BACK = frozenset(("aborting", "rolled_back", "superseded"))


class Until(NamedTuple):
    """What is waited for."""

    phase: Literal["done", "paused", "step"] = "done"
    step: int = 0
    """Of a step: which, from 0."""


class Outcome(msgspec.Struct, frozen=True):
    """What is known of it now."""

    verdict: Verdict
    why: str
    is_final: bool = True
    """Whether there is nothing to wait for."""
    deployment: Deployment | None = None


def parse_until(text: str) -> Until:
    """Read what ``--until`` says.

    Raises:
        CommandError: It says nothing that one could wait for.
    """
    found = _UNTIL.fullmatch(text.strip())
    if found is None:
        raise CommandError(f"--until: {text!r} is none of done, paused, 'step 2'", USAGE)
    if found[2]:
        return Until("step", int(found[2]) - 1)
    return Until("paused" if found[1] == "paused" else "done")


def outcome_of(one: Deployment, until: Until, leader: str, *, wait_paused: bool) -> Outcome:
    """What has become of a deployment that the canaries show.

    Args:
        one: It.
        until: What is waited for.
        leader: Who decides; empty: nobody does.
        wait_paused: Whether a pause that needs a person is waited for as well.
    """
    reason = f": {one.reason}" if one.reason not in ("", one.phase) else ""
    why = f"{what_text(one)} is {_where(one)}{reason}"
    if one.phase in _BACK:
        return Outcome("failed", why, is_final=one.phase in ENDED, deployment=one)
    if one.phase == "done":
        return Outcome("done", why, deployment=one)
    if _is_reached(one, until):
        return Outcome("reached", why, deployment=one)
    if one.needs_human and not wait_paused:
        return Outcome("paused", f"{why}; it waits for a person", deployment=one)
    follows = next_text(one) if leader else NOBODY_LEADS
    return Outcome("open", "; ".join(filter(None, (why, follows))), is_final=False, deployment=one)


def outcome_of_past(identifier: str, changes: Sequence[Change]) -> Outcome:
    """What has become of a deployment that is not shown any more, since there is a later one of its service.

    Args:
        identifier: Of the deployment.
        changes: What the ledger of a canary knows of.
    """
    last = next((one for one in reversed(changes) if one.id == identifier), None)
    if last is None:
        return Outcome("failed", f"deployment {identifier} gave way to a later one")
    reason = f": {last.reason}" if last.reason not in ("", last.phase) else ""
    if last.phase not in ENDED:
        return Outcome("failed", f"{last.service} {last.version} gave way to a later deployment at {change_text(last)}")
    verdict: Verdict = "done" if last.phase == "done" else "failed"
    return Outcome(verdict, f"{last.service} {last.version} is {change_text(last)}{reason}")


def _where(one: Deployment) -> str:
    return f"at {phase_text(one)}" if one.phase == "step" else phase_text(one)


def _is_reached(one: Deployment, until: Until) -> bool:
    match until.phase:
        case "paused":
            return one.phase == "paused"
        case "step":
            is_before = one.as_shadow or one.phase in _BEFORE_STEPS
            return not is_before and (one.step >= until.step or one.phase in ("promoting", "baking"))
        case _:
            return False
