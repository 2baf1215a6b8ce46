"""Is this cluster's clock trustworthy? Observes clocks and time daemons; it never steps, slews or restarts anything.

- `sources`: the time daemons of this host, asked and never steered
- `references`: external NTP servers
- `probes`: measures the offset of other hosts over UDP
- `pairs`: the exchanges of two hosts become an offset, a bound and a drift
- `cluster`: what hosts report to each other, and whom each measures
- `solution`: the offsets, bounds and verdicts of all hosts
"""
