"""Puts versions of services on this host, in the ways that its canaryd.toml names; it decides nothing."""
