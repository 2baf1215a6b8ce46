"""What hosts tell each other of their clocks, and how each of them measures the others; what is true is concluded in `solution`."""

from timekeeper.cluster.addresses import KnownAddresses
from timekeeper.cluster.assignment import Assignment, assign
from timekeeper.cluster.neighbors import Doors, Neighbors, open_doors
from timekeeper.cluster.rows import Rows

__all__ = ["Assignment", "Doors", "KnownAddresses", "Neighbors", "Rows", "assign", "open_doors"]
