"""PURE: what is told of clocks, versions and hosts, in words and marks, for terminal and browser alike; it knows neither."""
