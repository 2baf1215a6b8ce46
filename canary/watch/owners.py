"""SHELL: whether a process that a service has announced can be its user's; it watches no process."""

import pwd
from dataclasses import replace

import psutil

from canary.evidence.words import RunStartedWord

UNTOLD = ("?", "@")
"""How the name of a user begins whose processes are not known: he cannot be told, or is on another host."""


def believed(word: RunStartedWord) -> RunStartedWord:
    """The same word without its process, if that is another user's.

    Over TCP the kernel does not tell the router which process it is: a service may announce any. Root's may have become another
    user's since it connected.
    """
    if word.pid is None or word.user in ("", "root") or _owns(word.user, word.pid):
        return word
    return replace(word, pid=None)


def _owns(user: str, pid: int) -> bool:
    if user.startswith(UNTOLD):
        return False
    try:
        uids = {*psutil.Process(pid).uids()}
    except psutil.Error:  # it is gone already
        return True
    return user in {_name_of(uid) for uid in uids}


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
