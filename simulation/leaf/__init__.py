"""A C++ communicatord as other routers and its own clients see it, held to recordings of a real one."""

from simulation.leaf.leaf import Leaf as Leaf
