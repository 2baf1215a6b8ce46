"""Is this cluster's clock trustworthy? Observes clocks and time daemons; it never steps, slews or restarts anything."""
