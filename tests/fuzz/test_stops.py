"""A sample of ``python -m fuzz.stops``: a router ends in time whoever is connecting."""

import random

from fuzz.stops import FLOOD_S, stop_under_flood

STOPS = 5


def test_a_router_ends_under_a_flood_of_connections():
    for _ in range(STOPS):
        stop_under_flood(random.uniform(0.0, FLOOD_S))
