"""SHELL: looks at this host's processes for time daemons; which one is right is not its business."""

import psutil

from timekeeper.discipline import NoAnswer
from timekeeper.time_daemons import TimeDaemons, classify


def find_time_daemons() -> TimeDaemons | NoAnswer:
    """Look through all processes; this takes milliseconds per hundred of them, so call it in a thread."""
    try:
        return classify(
            (process.info["name"] or "", process.info["cmdline"] or ())
            for process in psutil.process_iter(["name", "cmdline"])
        )
    except (psutil.Error, OSError) as error:
        return NoAnswer(f"processes cannot be listed: {error}")
