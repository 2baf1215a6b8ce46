"""The asyncio shell around the router: sockets, users, files, time; no rule of routing stands here."""
