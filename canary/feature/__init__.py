"""Feature flags on one host: ordered, read from files, told to services, and counted."""
