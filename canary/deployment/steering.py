"""PURE: what a person may say to a deployment, and what it comes to: a table from word to function; it asks nobody who that is."""

from collections.abc import Callable, Mapping

import msgspec

from canary.deployment.course import abort, go_on, may_stop_again, move, overrule, promote, resume, stop_again, wait
from canary.deployment.sight import Seen
from canary.deployment.start import RefusedError, Word
from canary.records.deployments import DeploymentMoved
from communicator.answers.deployments import Phase
from communicator.wording.deployments import PHASES


def steer(at: DeploymentMoved, word: Word, seen: Seen) -> DeploymentMoved:
    """Do what was said.

    Args:
        at: Where the deployment is.
        word: What was said.
        seen: What is seen of it now.

    Raises:
        RefusedError: It cannot be done there.
    """
    return msgspec.structs.replace(_WORDS[word.command](at, word, seen), said_by=word.by)


def _promote(at: DeploymentMoved, word: Word, seen: Seen) -> DeploymentMoved:
    if at.phase not in ("pending", "shadow", "preparing", "step", "paused"):
        raise RefusedError(f"nothing is to be promoted: {_standing(at)}")
    if at.phase == "paused" and at.resume in ("promoting", "baking"):
        return resume(overrule(at, seen), seen, word.text)
    if at.shadowing is not None and not word.full:
        return go_on(overrule(at, seen), seen, word.text)
    if at.spec.strategy == "blue-green" and not (at.placed and _is_up(at, seen)):
        raise RefusedError(f"{at.spec.version} is not up on all servers in reach")
    return (promote if word.full else go_on)(overrule(at, seen), seen, word.text)


def _is_up(at: DeploymentMoved, seen: Seen) -> bool:
    return all(seen.is_up(one.server, at.trial) for one in at.concerned if one.server in seen.reach)


def _pause(at: DeploymentMoved, word: Word, seen: Seen) -> DeploymentMoved:
    if at.is_over or at.phase == "aborting":
        raise RefusedError(f"it cannot be paused: {_standing(at)}")
    if at.phase == "paused" and at.pause == "hand":
        raise RefusedError("it is paused already")
    return wait(at, seen, "hand", word.text)


def _resume(at: DeploymentMoved, word: Word, seen: Seen) -> DeploymentMoved:
    if at.phase != "paused":
        raise RefusedError(f"nothing is to be resumed: {_standing(at)}")
    return resume(at, seen, word.text)


def _abort(at: DeploymentMoved, word: Word, seen: Seen) -> DeploymentMoved:
    if may_stop_again(at, seen):
        return stop_again(at, seen, word.text)
    if at.is_over or at.phase == "aborting":
        raise RefusedError(f"nothing is to be aborted: {_standing(at)}")
    return abort(at, seen, word.text)


def _retry(at: DeploymentMoved, word: Word, _seen: Seen) -> DeploymentMoved:
    """From the first step on, with the same servers and the same way back."""
    if at.phase != "rolled_back":
        raise RefusedError(f"only what was rolled back is tried again: {_standing(at)}")
    again = move(at, "pending", word.text, attempt=at.attempt + 1, step=0, placed=0, is_up=False)
    return msgspec.structs.replace(again, exposed_s=0.0, failures=0, overruled=())


def _standing(at: DeploymentMoved) -> str:
    """Where it is, and what may be said there instead."""
    told = f"{at.service} {at.version} is {PHASES[at.phase][1] or f'at step {at.step + 1}'}"
    command, effect = _INSTEAD.get(at.phase, ("", ""))
    return f"{told}; 'bellwether deploy {command} {at.service}' {effect}" if command else told


_INSTEAD: Mapping[Phase, tuple[str, str]] = {
    "done": ("undo", "goes back to the version before"),
    "rolled_back": ("retry", "tries it again"),
}
_WORDS: Mapping[str, Callable[[DeploymentMoved, Word, Seen], DeploymentMoved]] = {
    "promote": _promote,
    "pause": _pause,
    "resume": _resume,
    "abort": _abort,
    "retry": _retry,
}
WORDS = tuple(_WORDS)
"""The words that need a deployment."""
