"""Which versions of which services are known bad, and why: judges the runs it hears of, and keeps bad versions blocked.

- `watch`: how processes and systemd units end on this host
- `evidence`: what is reported of runs, merged to facts: one run is at most one failure
- `judge`: facts and decisions folded to a state, and what the rules decide on it
- `book`: what operators have ordered in the whole cluster, the same on each host
- `deployment`: how a new version reaches all servers of a service, and back
- `shadow`: what a shadow says held against what the live instance says
- `feature`: feature flags: ordered, read from files, told to services, counted
- `records`: the facts and decisions as they are stored
- `ledger`: the store of all records, in order and durable
"""
