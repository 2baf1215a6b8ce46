"""PURE: how fast clocks may run apart, as docs/clock-maths.md assumes it; it measures none."""

RATE_BOUND = 100e-6
"""How much faster or slower one clock of a pair may run than the other: 50 ppm for each host, the margin ClockBound
names for a bound; crystals stay within about 30 ppm."""
WANDER = 2.5e-6
"""How far, within two minutes, the rate of two raw clocks may be from the middle of where it goes, so that it moves within
5 ppm: a crystal changes by up to 1 ppm for each degree."""
STEERING = 1e-6
"""By how much more two time daemons that have settled change their frequencies than they did in the last two minutes."""
SETTLED_S = 100e-6
"""A daemon that has more than this left to correct has not settled."""
SLEW = 500e-6
"""The fastest that the kernel turns CLOCK_REALTIME against CLOCK_MONOTONIC_RAW for a time daemon (adjtime)."""
FASTEST_SLEW = 83_333e-6 + SLEW
"""The fastest that chronyd turns it, through the length of the kernel's tick (chrony.conf(5), `maxslewrate`)."""
