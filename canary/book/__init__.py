"""PURE: what operators have ordered in the whole cluster: a set that every host holds, and that merges to the same everywhere."""
