"""How routers become one cluster; like all of the router it touches no socket, clock or file."""
