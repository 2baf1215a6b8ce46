import pytest

from communicator.client.status import (
    CLUSTER_COMMANDS,
    ClockStatus,
    ClusterStatus,
    read_clock_status,
    read_cluster_status,
)
from communicator.protocol import decode


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            b"CLUSTER_CURRENT_STATUS status=up;completeness=complete;neighbors_count=2;live_count=2;quorum=2;servers=a,b",
            ClusterStatus("up", "complete", 2, 2, 2, ("a", "b")),
        ),
        (
            b"CLUSTER_CURRENT_STATUS servers=a;missing=10.0.0.2:4042,c",
            ClusterStatus(servers=("a",), missing=("10.0.0.2:4042", "c")),
        ),
        (b"CLUSTER_CURRENT_STATUS", ClusterStatus()),
        (b"CLUSTER_CURRENT_STATUS quorum=many;servers=,a,", ClusterStatus(servers=("a",))),
        (b"CLUSTER_UP neighbors_count=3", ClusterStatus("up", "incomplete", 3)),
        (b"CLUSTER_DOWN neighbors_count=3", ClusterStatus("down", "incomplete", 3)),
        (b"CLUSTER_COMPLETE", ClusterStatus("down", "complete")),
    ],
)
def test_the_cluster(line, expected):
    known = ClusterStatus("down", "incomplete", 9)
    assert read_cluster_status(decode(line), known) == expected


def test_every_cluster_command_is_read_without_anything_known():
    for command in CLUSTER_COMMANDS:
        assert isinstance(read_cluster_status(decode(command.encode()), None), ClusterStatus)


def test_only_up_is_up():
    assert ClusterStatus("up").is_up
    assert not ClusterStatus("down").is_up
    assert not ClusterStatus().is_up


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"CLOCK_STABLE clock_resolution=verified", ClockStatus(is_stable=True, resolution="verified")),
        (b"CLOCK_STABLE", ClockStatus(is_stable=True)),
        (b"CLOCK_UNSTABLE clock_error=checking", ClockStatus(is_stable=False, error="checking")),
    ],
)
def test_the_clock(line, expected):
    assert read_clock_status(decode(line)) == expected
