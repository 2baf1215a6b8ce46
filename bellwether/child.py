"""SHELL: ``python -m bellwether.child PARENT MODULE …`` runs a daemon, and ends it when its parent ends.

It runs inside the new process, before the daemon does: so the parent need not run code between fork and exec,
which is unsafe once it has threads.
"""

import ctypes
import importlib
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def end_with(parent: int) -> None:
    """Have the kernel send SIGTERM to this process when `parent` is gone, however it went.

    Args:
        parent: The process id of the parent; if it has ended already, this process ends now.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    if os.getppid() != parent:  # it ended before the kernel knew of our wish
        sys.exit(0)


def main() -> None:
    """Call ``main`` of the module named on the command line, with the arguments that follow it."""
    parent, module, *arguments = sys.argv[1:]
    end_with(int(parent))
    sys.argv = [module, *arguments]
    importlib.import_module(module).main()


if __name__ == "__main__":
    main()
