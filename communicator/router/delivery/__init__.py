"""PURE: where one message goes that was read: to a service of this host, to other routers, into the cache, back to its sender."""
