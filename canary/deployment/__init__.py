"""PURE: how a new version reaches all servers of a service step by step, and back; execution and analysis reach outside."""
