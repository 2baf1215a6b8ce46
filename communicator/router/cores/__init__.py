"""PURE: the parts of one host's router that own their state, each with the deadline that it announces."""
