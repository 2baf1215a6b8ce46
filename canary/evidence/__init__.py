"""PURE: what is told of runs, merged to facts: one run is at most one failure; nothing here judges a version."""
