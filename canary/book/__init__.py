"""PURE: what operators have ordered and leaders have decided: every host holds it, and it merges to the same everywhere."""
