"""Feature flags over HTTP (OFREP), for services in languages that have no library of ours; it decides nothing itself."""
