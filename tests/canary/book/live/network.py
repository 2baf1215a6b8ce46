"""The network between routers on 127.0.0.1, 127.0.0.2, …, in which halves are cut from each other."""

import itertools
import subprocess

CUT = "priority 5"
"""Before the rule that delivers what is for this machine itself."""


class Network:
    """What packets may pass; the program must run in a network namespace of its own."""

    def __init__(self):
        self._cut = []
        _ip("link set lo up", "rule add priority 9 lookup local", "rule delete priority 0")

    def divide(self, left, right):
        """Lose every packet between these addresses and those, as a broken switch does, and none of any other."""
        self.heal()
        ways = [way for pair in itertools.product(left, right) for way in (pair, pair[::-1])]
        self._cut = [f"{CUT} from {here} to {there} type blackhole" for here, there in ways]
        _ip(*(f"rule add {rule}" for rule in self._cut))

    def heal(self):
        """Lose none."""
        cut, self._cut = self._cut, []
        _ip(*(f"rule delete {rule}" for rule in cut))


def _ip(*commands):
    subprocess.run(["ip", "-batch", "-"], input="\n".join(commands), text=True, check=True, timeout=30)
