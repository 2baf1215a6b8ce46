"""How routers become one cluster; like all of the router it touches no socket, clock or file.

- `book`: which routers there are, where each is, whom to dial and when
"""
