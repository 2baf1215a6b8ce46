"""PURE: how fast clocks may run apart, as docs/clock-maths.md assumes it; it measures none."""

RATE_BOUND = 100e-6
"""How much faster or slower one clock of a pair may run than the other: 50 ppm for each host, the margin ClockBound
names for a bound; crystals stay within about 30 ppm."""
WANDER = 2.5e-6
"""How far, within one window and until the next exchange, the rate of two raw clocks may be from a constant: it moves by
5 ppm at most, and a crystal by up to 1 ppm for each degree."""
STEERING = 1e-6
"""By how much more than they did in the last two minutes two time daemons that have settled change their frequencies."""
SETTLED_S = 100e-6
"""A daemon that has more than this left to correct has not settled."""
SLEW = 500e-6
"""The fastest that the kernel turns CLOCK_REALTIME against CLOCK_MONOTONIC_RAW for a time daemon (adjtime)."""
FASTEST_SLEW = 83_333e-6 + SLEW
"""The fastest that chronyd turns it, through the length of the kernel's tick (chrony.conf(5), `maxslewrate`)."""
