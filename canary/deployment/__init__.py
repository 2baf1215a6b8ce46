"""How a new version reaches all servers of a service step by step, and back.

- `execution`: puts versions on this host, by systemd or by a command
- `analysis`: what metrics say of a version, besides the rules
- `notify`: who else is told of each change
"""
