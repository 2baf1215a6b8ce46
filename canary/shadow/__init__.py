"""PURE: whether a shadow says what the primary says: alignment, comparison by path, noise and evidence; it asks nobody."""
