"""External NTP servers: asked, tested and intersected; they break ties and show a whole cluster that drifts."""

from timekeeper.references.answer import Fault, Rejection, Sample
from timekeeper.references.consensus import Consensus
from timekeeper.references.panel import ReferencePanel

__all__ = ["Consensus", "Fault", "ReferencePanel", "Rejection", "Sample"]
