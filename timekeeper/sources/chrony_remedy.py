"""SHELL: what an operator can do where chronyd's socket is closed to us: looks at its directory; it opens nothing."""

import errno
import pwd
from pathlib import Path

_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_ROOT = 0


def find_remedy(path: Path, number: int | None) -> str:
    """Say what gives us the permission.

    Args:
        path: Of chronyd's socket; ours has to be made beside it.
        number: The error of the attempt, as errno has it.

    Returns:
        The end of a sentence that begins with the error; empty where permission is not what is missing.
    """
    if number not in _FORBIDDEN:
        return ""
    if number == errno.EROFS:
        who = f"the unit of this service has to say ReadWritePaths={path.parent}"
    else:
        who = f"only {_users(path.parent)} may ask there"
    return f': {who}; over UDP anyone on this host may ask: [sources] chrony = "127.0.0.1:323"'


def _users(directory: Path) -> str:
    try:
        uid = directory.stat().st_uid
    except OSError:
        return "root and the user of chronyd"
    if uid == _ROOT:
        return "root"
    try:
        return f"root and {pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"root and user {uid}"
