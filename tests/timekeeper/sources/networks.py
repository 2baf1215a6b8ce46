"""Networks of their own for programs that must not see this machine's."""

import ctypes
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

_CLONE_NEWNET = 0x4000_0000


def make_network(stack, *commands):
    """A process in a network of its own, in which the commands have been run; both are gone at the end of the stack."""
    script = " && ".join(["ip link set lo up", *commands, "echo ready", "exec cat"])
    network = stack.enter_context(
        subprocess.Popen(
            ["unshare", "--net", "sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
    )
    stack.callback(network.kill)
    assert network.stdout.readline() == "ready\n"
    return network


def enter(network):
    """The beginning of a command that runs within a network, and may not touch the clock."""
    return ["nsenter", f"--net=/proc/{network.pid}/ns/net", "setpriv", "--bounding-set=-sys_time"]


def inside(network, function):
    """The result of a function that is called within a network."""

    def enter_and_call():
        entry = os.open(f"/proc/{network.pid}/ns/net", os.O_RDONLY)
        try:
            if ctypes.CDLL(None, use_errno=True).setns(entry, _CLONE_NEWNET):  # os.setns came with Python 3.12
                raise OSError(ctypes.get_errno(), "cannot enter a network")
        finally:
            os.close(entry)
        return function()

    with ThreadPoolExecutor(1) as thread:  # it ends here, and with it its stay in there
        return thread.submit(enter_and_call).result()
