"""A network of hosts: a namespace with an address each, and a switch between them that delays, loses and cuts as it is told."""

import ctypes
import fcntl
import mmap
import os
import struct
import subprocess
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from laboratory.native import build

NETWORK = "10.77.0"
HOSTS = 64
ALL_LOST = 1_000_000
_WAY = struct.Struct("@iii")
_CLONE_NEWNET = 0x40000000
_TUNSETIFF = 0x400454CA
_IFF_TUN_NO_PI = 0x1001


class Network:
    """The namespaces of some hosts, and what becomes of the packets between them.

    Args:
        names: The hosts; each has the address of its place, from 1.
        home: A folder of its own.
        seed: Which packets are lost.
        stack: What ends it.
    """

    def __init__(self, names: Sequence[str], home: Path, seed: int, stack: ExitStack) -> None:
        self._numbers = {name: number for number, name in enumerate(names, 1)}
        table = home / "ways"
        table.write_bytes(bytes(_WAY.size * (HOSTS + 1) ** 2))
        with table.open("r+b") as file:
            self._ways = stack.enter_context(mmap.mmap(file.fileno(), 0))
        devices = [self._add(name, stack) for name in names]
        command = [str(build("switch.c")), str(table), str(seed), *map(str, devices)]
        switch = subprocess.Popen(command, pass_fds=devices)
        stack.callback(switch.wait)
        stack.callback(switch.kill)
        for device in devices:
            os.close(device)

    def namespace(self, name: str) -> str:
        """The network namespace of a host."""
        return f"clocks{os.getpid()}-{self._numbers[name]}"

    def address(self, name: str) -> str:
        """The address of a host; a name that is none is an address already."""
        return f"{NETWORK}.{self._numbers[name]}" if name in self._numbers else name

    def set_way(self, here: str, there: str, *, delay_s: float = 0.0, jitter_s: float = 0.0, loss: float = 0.0) -> None:
        """What happens to packets in one direction from now on; by default nothing, in some 30 us.

        Args:
            here: From whom.
            there: To whom.
            delay_s: How much later they arrive.
            jitter_s: By how much later still, at most; each packet draws.
            loss: The share that is lost, 0 to 1.
        """
        place = self._numbers[here] * (HOSTS + 1) + self._numbers[there]
        _WAY.pack_into(
            self._ways, place * _WAY.size, round(delay_s * 1e6), round(jitter_s * 1e6), round(loss * ALL_LOST)
        )

    def divide(self, left: Iterable[str], *, is_cut: bool = True) -> None:
        """Cut all ways between these hosts and all others, or heal them."""
        group = set(left)
        for here in group:
            for there in self._numbers.keys() - group:
                for ends in ((here, there), (there, here)):
                    self.set_way(*ends, loss=float(is_cut))

    def _add(self, name: str, stack: ExitStack) -> int:
        namespace = self.namespace(name)
        run("ip", "netns", "add", namespace)
        stack.callback(run, "ip", "netns", "delete", namespace)
        device = _open_tun(namespace)
        ip = ("ip", "-n", namespace)
        run(*ip, "address", "add", f"{self.address(name)}/24", "dev", "eth0")
        for link in ("lo", "eth0"):
            run(*ip, "link", "set", link, "up")
        return device


def run(*command: str) -> None:
    """Run a program that has to succeed."""
    subprocess.run(command, check=True, timeout=30)


def _open_tun(namespace: str) -> int:
    """Make a TUN device in a namespace; it lives as long as a descriptor of it is open."""

    def enter_and_make() -> int:
        entry = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
        try:
            libc = ctypes.CDLL(None, use_errno=True)  # os.setns came with Python 3.12
            if libc.setns(entry, _CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")
        finally:
            os.close(entry)
        tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(tun, _TUNSETIFF, struct.pack("16sH22x", b"eth0", _IFF_TUN_NO_PI))
        return tun

    with ThreadPoolExecutor(1) as thread:  # it ends here, and with it its stay in there
        return thread.submit(enter_and_make).result()
