"""PURE: what this router knows of the others: addresses, links, services, signs of life, messages under way; it tells nobody.

- `book`: which routers there are, where each is, whom to dial and when
"""
