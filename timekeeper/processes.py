"""SHELL: looks at this host's processes for time daemons; which one is right is not its business."""

from pathlib import Path

import psutil

from timekeeper.discipline import NoAnswer
from timekeeper.time_daemons import TimeDaemons, classify, is_known

_INIT = 1
"""The process every host and every container has; on a host it is one of root."""


def find_time_daemons() -> TimeDaemons | NoAnswer:
    """Look through all processes; this takes milliseconds per hundred of them, so call it in a thread.

    Returns:
        Those that run, but for those of containers, which the host sees too; no answer where /proc is mounted with
        ``hidepid``, as by a unit's ``ProtectProc=``, for then a daemon of another user may run unseen.
    """
    try:
        processes = [process.info for process in psutil.process_iter(["pid", "name", "cmdline"])]
    except (psutil.Error, OSError) as error:
        return NoAnswer(f"processes cannot be listed: {error}")
    # hidepid=2 hides the process itself, hidepid=1 its name, for which psutil gives None.
    if not any(process["pid"] == _INIT and process["name"] is not None for process in processes):
        return NoAnswer("processes of other users are hidden")
    return classify(
        (process["name"], process["cmdline"] or ())
        for process in processes
        if is_known(process["name"] or "") and _is_of_this_host(process["pid"])
    )


def _is_of_this_host(pid: int) -> bool:
    """Whether it lives in the namespace of /proc: a process of one within has a number in each (proc_pid_status(5)).

    Unlike the link /proc/PID/ns/pid, everyone may read this.
    """
    try:
        lines = Path(psutil.PROCFS_PATH, str(pid), "status").read_text(errors="replace").splitlines()
    except OSError:
        return False  # it has ended
    numbers = next((line.split()[1:] for line in lines if line.startswith("NSpid:")), ())
    return len(numbers) <= 1
