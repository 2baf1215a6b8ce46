"""How far the clocks of peers are from ours, asked directly over UDP: packets, stamps, who asks whom; it concludes nothing."""

from timekeeper.probes.doors import open_door
from timekeeper.probes.epoch import EpochWatch
from timekeeper.probes.exposure import check_probe_exposure
from timekeeper.probes.identity import ProbeIdentity
from timekeeper.probes.overlay import choose_pairs, choose_peers
from timekeeper.probes.packet import Seal, hash_cluster
from timekeeper.probes.prober import Prober, Target
from timekeeper.probes.responder import Responder
from timekeeper.probes.result import ProbeResult

__all__ = [
    "EpochWatch",
    "ProbeIdentity",
    "ProbeResult",
    "Prober",
    "Responder",
    "Seal",
    "Target",
    "check_probe_exposure",
    "choose_pairs",
    "choose_peers",
    "hash_cluster",
    "open_door",
]
