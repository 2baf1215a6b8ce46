"""SHELL: reads the clocks of this host for the ledger; it concludes nothing from them."""

import time
from functools import cache

from canary.ledger.clock import Reading
from communicator.runtime.boot import read_boot_id

_read_boot_id = cache(read_boot_id)  # it lasts as long as this process, and is asked with every entry


def read_clocks() -> Reading:
    """The clocks now."""
    return Reading(_read_boot_id(), time.monotonic(), time.time())
