"""Tries as the user of the shipped units what root has found good: root may read every file, and the daemon may not."""

import os
import pwd
from collections.abc import Callable

from communicator.errors import ConfigError

UNIT_USER = "bellwether"
"""Whom all units in deploy/systemd run as."""


def denied_to_unit_user(load: Callable[[], object]) -> str:
    """What the daemon could not read when its unit starts it. Call it last: from then on this process is that user.

    Args:
        load: Reads the settings and what they name, and has succeeded.

    Returns:
        The first file that is denied to that user, with its key; empty when none is, when this process is not root's, or
        when there is no such user. Any other fault may be one only because the unit has not yet made its directories.
    """
    if os.geteuid() != 0:
        return ""
    try:
        user = pwd.getpwnam(UNIT_USER)
    except KeyError:
        return ""
    try:
        os.initgroups(UNIT_USER, user.pw_gid)
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
        load()
    except (ConfigError, PermissionError) as error:
        return str(error) if isinstance(error.__cause__ or error, PermissionError) else ""
    return ""
