"""PURE: what a person may say to a deployment, and what it comes to: a table from word to function; it asks nobody who that is."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from canary.deployment.machine import abort, go_on, move, overrule, promote, resume, wait
from canary.deployment.sight import Seen
from canary.deployment.start import RefusedError
from canary.records.deployments import DeploymentMoved


class Word(NamedTuple):
    """What was said."""

    command: str
    by: str
    """Such as ``root@alpha``."""
    reason: str = ""
    full: bool = False

    @property
    def text(self) -> str:
        """For people."""
        return f"{self.command} by {self.by}" + (f": {self.reason}" if self.reason else "")


def steer(at: DeploymentMoved, word: Word, seen: Seen) -> DeploymentMoved:
    """Do what was said.

    Args:
        at: Where the deployment is.
        word: What was said.
        seen: What is seen of it now.

    Raises:
        RefusedError: It cannot be done there.
    """
    return _WORDS[word.command](at, word, seen)


def _promote(at: DeploymentMoved, word: Word, seen: Seen) -> DeploymentMoved:
    if at.phase not in ("pending", "preparing", "step", "paused"):
        raise RefusedError(f"nothing is to be promoted: it is {at.phase}")
    if at.phase == "paused" and at.resume in ("promoting", "baking"):
        return resume(overrule(at, seen), seen, word.text)
    if at.spec.strategy == "blue-green" and not (at.placed and _is_up(at, seen)):
        raise RefusedError(f"{at.spec.version} is not up on all servers in reach")
    return (promote if word.full else go_on)(overrule(at, seen), seen, word.text)


def _is_up(at: DeploymentMoved, seen: Seen) -> bool:
    return all(seen.is_up(one.server, at.trial) for one in at.concerned if one.server in seen.reach)


def _pause(at: DeploymentMoved, word: Word, seen: Seen) -> DeploymentMoved:
    if at.is_over or at.phase == "aborting":
        raise RefusedError(f"it cannot be paused: it is {at.phase}")
    if at.phase == "paused" and at.pause == "hand":
        raise RefusedError("it is paused already")
    return wait(at, seen, "hand", word.text)


def _resume(at: DeploymentMoved, word: Word, seen: Seen) -> DeploymentMoved:
    if at.phase != "paused":
        raise RefusedError(f"it is not paused: it is {at.phase}")
    return resume(at, seen, word.text)


def _abort(at: DeploymentMoved, word: Word, seen: Seen) -> DeploymentMoved:
    if at.is_over or at.phase == "aborting":
        raise RefusedError(f"nothing is to be aborted: it is {at.phase}")
    return abort(at, seen, word.text)


def _retry(at: DeploymentMoved, word: Word, _seen: Seen) -> DeploymentMoved:
    """From the first step on, with the same servers and the same way back."""
    if at.phase != "rolled_back":
        raise RefusedError(f"only what was rolled back is tried again: it is {at.phase}")
    again = move(at, "pending", word.text, attempt=at.attempt + 1, step=0, placed=0, is_up=False)
    return msgspec.structs.replace(again, exposed_s=0.0, failures=0, overruled=())


_WORDS: Mapping[str, Callable[[DeploymentMoved, Word, Seen], DeploymentMoved]] = {
    "promote": _promote,
    "pause": _pause,
    "resume": _resume,
    "abort": _abort,
    "retry": _retry,
}
WORDS = tuple(_WORDS)
"""The words that need a deployment."""
