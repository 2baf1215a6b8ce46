"""The carriers that the conformance suite is run against: each as a cluster in which everyone can be cut off from the others."""

import pytest

from simulation.cluster import Cluster, chain, everyone, star

NAMES = "abcd"
MESHES = {"mesh": everyone(NAMES), "chain": chain(NAMES), "star": star("b", "acd")}


class Carried:
    """Four routers with a carrier between them, and a service on each.

    Args:
        kind: Which carrier.
        config: What differs from a plain configuration.
    """

    def __init__(self, kind, **config):
        self.kind = kind
        self.cluster = Cluster([], bus=NAMES, **config) if kind == "memory" else Cluster(MESHES[kind], **config)
        self.voices = {host: self.cluster.service(host, f"svc_{host}", "NOTE") for host in NAMES}

    def carrier(self, host):
        return self.cluster[host]._board.carrier

    def say(self, host, *lines, seconds=0.2):
        self.cluster.say(self.voices[host], *lines, seconds=seconds)

    def heard(self):
        """What each service has heard, where it has heard anything."""
        return {host: said for host, voice in self.voices.items() if (said := voice.take())}

    def cut_off(self, host):
        """A router is reached by nobody, and all have noticed."""
        if self.kind == "memory":
            self.cluster.hosts[host].drop_off()
        else:
            for roads in self._roads(host):
                self.cluster.cut(*roads)
        self.cluster.run(20)

    def let_back(self, host):
        if self.kind == "memory":
            self.cluster.hosts[host].join(self.cluster.bus)
        else:
            for roads in self._roads(host):
                self.cluster.heal(*roads)
        self.cluster.run(40)

    def _roads(self, host):
        return [sorted(names) for names in self.cluster.wire.roads if host in names]


@pytest.fixture(params=["memory", *MESHES])
def carried(request):
    """Makes a cluster with each carrier."""
    return lambda **config: Carried(request.param, **config)
