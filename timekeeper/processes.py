"""SHELL: looks at this host's processes for time daemons; which one is right is not its business."""

import psutil

from timekeeper.discipline import NoAnswer
from timekeeper.time_daemons import TimeDaemons, classify

_INIT = 1
"""The process every host and every container has; on a host it is one of root."""


def find_time_daemons() -> TimeDaemons | NoAnswer:
    """Look through all processes; this takes milliseconds per hundred of them, so call it in a thread.

    Returns:
        Those that run; no answer where /proc is mounted with ``hidepid``, as by a unit's ``ProtectProc=``, for then a
        daemon of another user may run unseen.
    """
    try:
        processes = [process.info for process in psutil.process_iter(["pid", "name", "cmdline"])]
    except (psutil.Error, OSError) as error:
        return NoAnswer(f"processes cannot be listed: {error}")
    # hidepid=2 hides the process itself, hidepid=1 its name, for which psutil gives None.
    if not any(process["pid"] == _INIT and process["name"] is not None for process in processes):
        return NoAnswer("processes of other users are hidden")
    return classify((process["name"] or "", process["cmdline"] or ()) for process in processes)
