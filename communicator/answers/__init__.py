"""PURE: what daemons answer about themselves, as values, for every program that shows it or passes it on; it asks nobody."""
