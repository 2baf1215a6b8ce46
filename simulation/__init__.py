"""A cluster of real router cores on a virtual clock and network, all from one seed; it looks into no router but to measure it."""
