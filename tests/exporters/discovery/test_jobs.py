"""What Prometheus is told."""

import json

from communicator.protocol import HostPort
from exporters.discovery.instances import Place
from exporters.discovery.jobs import encode_groups, overview, target_groups

PLACES = [
    Place("billing", "alpha", "live", "up", "1.0", "abc", HostPort("10.0.0.5", 9404)),
    Place("billing", "beta", "standby", "down", "", "", HostPort("fd00::6", 9404)),
    Place("billing", "gamma", "live", "up", "1.0", "", None),
    Place("exporter", "alpha", "live", "up", "0.1", "", HostPort("10.0.0.5", 9740)),
]


def test_one_group_for_each_instance_that_can_be_scraped():
    assert target_groups(PLACES, "billing") == [
        {
            "targets": ["10.0.0.5:9404"],
            "labels": {
                "__meta_communicator_server": "alpha",
                "__meta_communicator_service": "billing",
                "__meta_communicator_state": "up",
                "__meta_communicator_role": "live",
                "__meta_communicator_version": "1.0",
                "__meta_communicator_build": "abc",
            },
        },
        {
            "targets": ["[fd00::6]:9404"],
            "labels": {
                "__meta_communicator_server": "beta",
                "__meta_communicator_service": "billing",
                "__meta_communicator_state": "down",
                "__meta_communicator_role": "standby",
            },
        },
    ]
    assert target_groups(PLACES, "printer") == []


def test_it_is_json():
    groups = target_groups(PLACES, "billing")
    assert json.loads(encode_groups(groups)) == groups
    assert json.loads(encode_groups([])) == []


def test_who_told_no_port_is_named():
    assert overview([*PLACES, PLACES[2]._replace(role="standby")]) == {
        "billing": {"targets": 2, "without_port": ["gamma"]},
        "exporter": {"targets": 1, "without_port": []},
    }
