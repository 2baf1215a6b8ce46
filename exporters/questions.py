"""PURE: what the daemons of this host are asked; it asks nobody."""

from typing import NamedTuple


class Question(NamedTuple):
    """What a daemon of this host is asked."""

    service: str
    command: str
    reply: str
    parameter: str
    """The parameter of the reply that holds the answer as JSON."""


GRAPH = Question("communicatord", "CLUSTER_GET_GRAPH", "CLUSTER_GRAPH", "graph")
STATISTICS = Question("communicatord", "ROUTER_GET_STATS", "ROUTER_STATS", "stats")
CLOCKS = Question("timekeeper", "CLOCK_GET_REPORT", "CLOCK_CURRENT_REPORT", "report")
POLICY = Question("communicatord", "POLICY_GET", "POLICY_CURRENT", "policy")
VERSIONS = Question("canary", "CANARY_GET_REPORT", "CANARY_CURRENT_REPORT", "report")
