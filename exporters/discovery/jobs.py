"""PURE: what Prometheus is told of one service: its targets, as http_sd and file_sd take them; it asks nobody."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec

from exporters.discovery.instances import Place

_PREFIX = "__meta_communicator_"


def target_groups(places: Iterable[Place], service: str) -> list[dict[str, Any]]:
    """One group for each instance of a service that can be scraped, in order.

    Returns:
        What https://prometheus.io/docs/prometheus/latest/http_sd/ describes.
    """
    return [
        {"targets": [str(place.target)], "labels": _labels(place)}
        for place in places
        if place.service == service and place.target is not None
    ]


def encode_groups(groups: list[dict[str, Any]]) -> bytes:
    """As JSON, for people too."""
    return msgspec.json.format(msgspec.json.encode(groups), indent=2) + b"\n"


def overview(places: Iterable[Place]) -> dict[str, dict[str, Any]]:
    """What there is for each service: how many targets, and on which servers it told no port that others can reach."""
    jobs: defaultdict[str, dict[str, Any]] = defaultdict(lambda: {"targets": 0, "without_port": []})
    for place in places:
        job = jobs[place.service]
        if place.target is not None:
            job["targets"] += 1
        elif place.server not in job["without_port"]:
            job["without_port"].append(place.server)
    return dict(jobs)


def _labels(place: Place) -> dict[str, str]:
    labels = {
        "server": place.server,
        "service": place.service,
        "state": place.state,
        "role": place.role,
        "version": place.version,
        "build": place.build,
    }
    return {f"{_PREFIX}{name}": value for name, value in labels.items() if value}
