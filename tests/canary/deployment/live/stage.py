"""Five hosts on which stories of deployments are played, and what one waits for there."""

import asyncio
import time

from communicator.testing import RouterProcess
from tests.canary.deployment.live.host import Host

GIVE_UP_S = 90.0
LOG_CHARACTERS = 3_000


class Stage:
    """The hosts, by the order of their names: the first one leads while it is there.

    Args:
        routers: That run.
        network: Between them.
        home: A directory.
        library: Of wrong clocks.
        stack: What ends it all.
    """

    def __init__(self, routers, network, home, library, stack):
        self.network = network
        self._home, self._library, self._stack = home, library, stack
        self.hosts = sorted(map(self._add, routers), key=lambda host: host.name)

    def _add(self, router):
        host = Host(router, self._home, self._library, self._stack)
        host.start()
        return host

    async def join(self, name):
        """A host that nobody knew."""
        address = f"127.0.0.{len(self.hosts) + 1}:4042"
        settings = {
            "listen.remote": address,
            "cluster.my_address": address,
            "cluster.neighbors": [host.router.remote.removeprefix("cd://") for host in self.hosts],
            "cluster.discover": False,
            "auth.mode": "none",
        }
        self.hosts.append(self._add(await self._stack.enter_async_context(RouterProcess(name, settings))))
        return self.hosts[-1]

    async def until(self, what, ask, is_good, within_s=GIVE_UP_S):
        """Ask until the answer is one to be content with."""
        give_up_s = time.monotonic() + within_s
        while True:
            answer = await ask()
            if answer is not None and is_good(answer):
                return answer
            assert time.monotonic() < give_up_s, self.told(f"{what}: still {answer!r}")
            await asyncio.sleep(0.05)

    async def ready(self):
        """Each canary knows all members, and the first one leads."""
        first, names = self.hosts[0].name, [one.name for one in self.hosts]
        for host in self.hosts:
            await self.until(f"{host.name} knows all", host.report, lambda told: told["canary"]["members"] == names)
            await self.until(f"{host.name} knows the leader", host.deployments, lambda told: told.leader == first)

    async def phase(self, host, *wanted, step=None, deployment=None):
        """Wait until a deployment, the newest one if none is named, is somewhere, as a host knows it."""

        def is_there(told):
            found = [one for one in told.deployments if deployment in (None, one.id)]
            return bool(found) and found[0].phase in wanted and step in (None, found[0].step)

        told = await self.until(f"{wanted} on {host.name}", host.deployments, is_there)
        return next(one for one in told.deployments if deployment in (None, one.id))

    async def runs(self, version, *hosts):
        """Wait until each of these hosts, or of all, runs that version and no other."""
        for host in hosts or self.hosts:
            await self.until(
                f"{version} on {host.name}", lambda host=host: _versions(host), lambda one: one == [version]
            )

    def require_once(self):
        """Nothing was done twice on any host."""
        for host in self.hosts:
            assert len({*host.calls}) == len(host.calls), self.told(f"done twice on {host.name}: {host.calls}")

    def cut(self, host):
        """Cut a host from all others."""
        self.network.divide([host.address], [one.address for one in self.hosts if one is not host])

    def told(self, fault):
        logs = [f"log of {host.name}, {host.calls}:\n{host.daemon.log[-LOG_CHARACTERS:]}" for host in self.hosts]
        return "\n".join((fault, *logs))


async def _versions(host):
    return sorted(host.processes())
