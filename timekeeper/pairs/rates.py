"""PURE: how fast clocks may run apart, as docs/clock-maths.md assumes it; it measures none."""

RATE_BOUND = 100e-6
"""How much faster or slower one clock of a pair may run than the other: 50 ppm for each host, the margin ClockBound
names for a bound; crystals stay within about 30 ppm."""
WANDER = 1e-6
"""How far, within one window, the rate of two raw clocks may be from its mean: a few degrees of temperature."""
SLEW = 500e-6
"""The fastest that the kernel turns CLOCK_REALTIME against CLOCK_MONOTONIC_RAW for a time daemon (adjtime)."""
FASTEST_SLEW = 83_333e-6 + SLEW
"""The fastest that chronyd turns it, through the length of the kernel's tick (chrony.conf(5), `maxslewrate`)."""
