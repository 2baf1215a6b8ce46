"""Real routers and real canaries with real troubles, and what must hold after them; python -m tests.canary.book.live."""
