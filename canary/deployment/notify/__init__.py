"""Tells of each change of a deployment, by webhook or command, until it was heard or is too old."""
