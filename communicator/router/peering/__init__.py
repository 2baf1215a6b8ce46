"""PURE: how routers meet, part, and tell each other who is there."""
