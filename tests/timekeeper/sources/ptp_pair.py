"""Two real ptp4l at the ends of a cable; neither may touch the clock, and both believe that they steer it."""

import asyncio
import subprocess

from tests.conftest import EVENTUALLY_S
from tests.timekeeper.sources.networks import enter, inside, make_network
from timekeeper.sources.ptp import Ptp

# The kernel refuses each change of the clock, since the right to is dropped. ptp4l then never gets beyond UNCALIBRATED, so it is
# told that all went well: both ends have the same clock, and stay as close as if one steered it.
_SHIM = "int clock_adjtime(int clock, void *change) { (void)clock; (void)change; return 0; }"
_QUICK = {"logAnnounceInterval": -2, "logSyncInterval": -3, "logMinDelayReqInterval": -3, "announceReceiptTimeout": 2}
_SETTINGS = {
    **_QUICK,
    "time_stamping": "software",
    "pi_proportional_const": 0.7,  # by default it watches the clock for 16 s before it steers
    "pi_integral_const": 0.3,
    "sanity_freq_limit": 0,  # or it notices that the clock does not do as it is told
    "use_syslog": 0,
}


class PtpPair:
    """A cable with an end in each of two networks."""

    def __init__(self, ptp4l, running, directory, stack):
        self._ptp4l, self._running, self._directory, self._stack = ptp4l, running, directory, stack
        far = make_network(stack)
        near = make_network(
            stack,
            f"ip link add near type veth peer name far netns {far.pid}",
            "ip addr add 10.78.0.1/24 dev near",
            "ip link set near up",
        )
        self._networks = {"near": near, "far": far}
        self.run("far", "ip addr add 10.78.0.2/24 dev far && ip link set far up")
        self._shim = directory / "shim.so"
        subprocess.run(
            ["gcc", "-shared", "-fPIC", "-nostdlib", "-xc", "-o", self._shim, "-"],
            input=_SHIM,
            text=True,
            check=True,
            timeout=60,
        )

    def run(self, end, script):
        """Run a script in the network of an end."""
        subprocess.run([*enter(self._networks[end]), "sh", "-c", script], check=True, timeout=20)

    def socket(self, end):
        """The path of the read-only socket there."""
        return str(self._directory / f"{end}.ro")

    def start(self, end, **settings):
        """A ptp4l at an end."""
        paths = {"uds_address": self._directory / f"{end}.rw", "uds_ro_address": self.socket(end)}
        lines = [f"{key} {value}" for key, value in (_SETTINGS | paths | settings).items()]
        configuration = self._directory / f"{end}.conf"
        configuration.write_text("\n".join(["[global]", *lines, ""]))
        command = [*enter(self._networks[end]), "env", f"LD_PRELOAD={self._shim}"]
        command += [self._ptp4l.path, "-f", configuration, "-i", end, "-m"]
        log = self._directory / f"{end}.log"
        return self._stack.enter_context(self._running(command, self._ptp4l.environment, log))

    def reader(self, end, ask_kernel, domain=0):
        """Who asks the ptp4l there."""
        ptp = Ptp(self.socket(end), domain, EVENTUALLY_S, ask_kernel)

        async def read():
            return await asyncio.to_thread(inside, self._networks[end], lambda: asyncio.run(ptp.ask()))

        return read
