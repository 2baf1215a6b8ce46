"""PURE: what the router does when it is told something itself: one file for each group of commands."""
