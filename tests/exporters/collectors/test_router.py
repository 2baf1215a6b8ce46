"""ROUTER_STATS as metrics: what a router tells is exported, what it does not tell is not."""

import json

import pytest

from communicator.answers.router import Cache, Peers, Statistics
from communicator.errors import MalformedAnswerError
from exporters.collectors.router import ROUTER, ROUTER_ANSWER

STATS = {
    "version": "0.1.0",
    "python": "3.13.5",
    "compatible_with": "2.0.13",
    "server": "alpha",
    "boot_id": "b",
    "start_time_seconds": 1.7e9,
    "draining": False,
    "resident_bytes": 4096,
    "event_loop_lag_seconds": {"buckets": [{"le_seconds": 0.25, "count": 2}], "count": 3, "sum_seconds": 0.75},
    "connections": {"unix": 2, "local": 0},
    "connections_opened_total": {"unix": 5},
    "connections_closed_total": [
        {"kind": "unix", "reason": "hup", "count": 2},
        {"kind": "unix", "reason": "slow", "count": 1},
    ],
    "messages_received_total": {"unix": 10},
    "messages_sent_total": {"unix": 11},
    "received_bytes_total": {"unix": 1000},
    "sent_bytes_total": {"unix": 1100},
    "messages_routed_total": {"local": 7, "self": 3},
    "messages_dropped_total": {"invalid": 1},
    "runs_not_told_total": 6,
    "commands_total": {"ALIVE": 2, "other": 1},
    "cache": {
        "messages": 1,
        "messages_max": 10,
        "bytes": 90,
        "bytes_max": 1000,
        "stored_total": 4,
        "delivered_total": 2,
        "expired_total": 1,
        "refused_total": 0,
    },
    "services": {"timekeeper": 1, "printer": 0, "bellwether_311": 1},
    "links": [
        {"link": "timekeeper", "kind": "unix", "service": "timekeeper", "send_queue_bytes": 12},
        {"link": "unix:3", "kind": "unix", "service": "", "send_queue_bytes": 5},
        {"link": "bellwether_311", "kind": "unix", "service": "bellwether_311", "send_queue_bytes": 6},
    ],
    "slow_consumers_total": {"printer": 1},
    "producer_stall_seconds_total": 0.5,
    "handler_exceptions_total": {"line": 1},
    "acl_denied_total": 3,
    "faulty_messages_total": 11,
    "definitions_refused": 12,
    "udp_rejected_total": {"secret": 2},
    "tls_handshakes_failed_total": 9,
    "connections_kept_out_total": 13,
    "flags_failed_total": 10,
    "cluster": {
        "up": True,
        "complete": False,
        "members": 3,
        "members_live": 2,
        "members_uncounted": 7,
        "members_not_enforcing": 1,
        "quorum_size": 2,
        "peers": [
            {"peer": "beta", "up": True, "hops": 1, "rtt_seconds": 0.002},
            {"peer": "gamma", "up": False, "hops": None, "rtt_seconds": None},
        ],
        "acks_pending": 4,
        "redeliveries_total": 5,
        "dedupe_entries": 6,
        "topology_changes_total": 7,
        "peers_refused_total": {"credentials": 0, "name": 14, "ending": 0},
        "peer_connect_failures_total": {"gamma": 15, "10.0.0.9:4042": 1},
        "auth_failures_total": {"remote": 8, "secure": 0},
    },
    "mirrors": [
        {
            "service": "billing",
            "version": "2.0",
            "server": "beta",
            "state": "copying",
            "queue_messages": 16,
            "queue_bytes": 17,
            "unconfirmed_bytes": 18,
            "copied_total": 19,
            "conversations_total": {"whole": 20},
        }
    ],
    "fences": [{"service": "billing", "version": "2.0", "links": 1, "by_unit": True, "discarded_total": 21}],
    "shadow_lines_discarded_total": 22,
    "config_last_reload_successful": True,
    "config_last_reload_success_timestamp_seconds": 1.7e9,
}


FOR_PEOPLE = {
    *("server", "boot_id", "cluster.acks_pending_bytes", "cluster.link_states_refused_total", "cluster.strangers"),
    *("cluster.passwords_waiting", "cluster.passwords_wrong_total", "cluster.passwords_unverified_total"),
    "cluster.policy_generation",
}
"""What a router tells and no metric shows."""
PARTS = {"": Statistics, "cache.": Cache, "cluster.": Peers}
STATISTICS = {f"{part}{name}" for part, shape in PARTS.items() for name in shape.__struct_fields__} - {
    "cache",
    "cluster",
}


def samples(stats):
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in ROUTER.translate(ROUTER_ANSWER.read(json.dumps(stats))).families
        for sample in family.samples
    }


def test_every_metric_of_the_table_has_a_value():
    families = {family.name for family in ROUTER.translate(ROUTER_ANSWER.read(json.dumps(STATS))).families}
    assert families == {row.metric.name.removesuffix("_total") for row in ROUTER.rows}


@pytest.mark.parametrize("path", sorted(STATISTICS - FOR_PEOPLE))
def test_each_statistic_has_a_metric_and_a_figure_in_this_table(path):
    without = json.loads(json.dumps(STATS))
    *part, name = path.split(".")
    (without[part[0]] if part else without).pop(name, None)
    assert samples(without) != samples(STATS)


@pytest.mark.parametrize(
    ("sample", "value"),
    [
        (("communicator_build_info", "0.1.0", "3.13.5", "2.0.13"), 1),
        (("communicator_draining",), 0),
        (("communicator_resident_memory_bytes",), 4096),
        (("communicator_event_loop_lag_seconds_bucket", "0.25"), 2),
        (("communicator_event_loop_lag_seconds_bucket", "+Inf"), 3),
        (("communicator_event_loop_lag_seconds_sum",), 0.75),
        (("communicator_cache_messages_max",), 10),
        (("communicator_cache_bytes_max",), 1000),
        (("communicator_runs_not_told_total",), 6),
        (("communicator_connections", "local"), 0),
        (("communicator_connections_closed_total", "unix", "slow"), 1),
        (("communicator_messages_routed_total", "local"), 7),
        (("communicator_messages_dropped_total", "invalid"), 1),
        (("communicator_cache_delivered_total",), 2),
        (("communicator_service_up", "printer"), 0),
        (("communicator_service_up", "timekeeper"), 1),
        (("communicator_send_queue_bytes", "timekeeper"), 12),
        (("communicator_producer_stall_seconds_total",), 0.5),
        (("communicator_udp_rejected_total", "secret"), 2),
        (("communicator_cluster_complete",), 0),
        (("communicator_cluster_members_live",), 2),
        (("communicator_cluster_members_uncounted",), 7),
        (("communicator_cluster_members_not_enforcing",), 1),
        (("communicator_peer_up", "gamma"), 0),
        (("communicator_peer_hops", "beta"), 1),
        (("communicator_peer_rtt_seconds", "beta"), 0.002),
        (("communicator_redeliveries_total",), 5),
        (("communicator_peer_refused_total", "name"), 14),
        (("communicator_peer_connect_failures_total", "10.0.0.9:4042"), 1),
        (("communicator_connections_kept_out_total",), 13),
        (("communicator_auth_failures_total", "remote"), 8),
        (("communicator_config_last_reload_successful",), 1),
    ],
)
def test_a_figure_arrives_under_its_name(sample, value):
    assert samples(STATS)[sample] == value


def test_those_who_only_pass_make_no_series_of_their_own():
    found = samples(STATS)
    assert found["communicator_send_queue_bytes", "unregistered"] == 11
    assert ("communicator_service_up", "bellwether_311") not in found


def test_links_of_one_service_are_summed():
    twins = [{"link": f"printer.{n}", "service": "printer", "send_queue_bytes": 4} for n in range(2)]
    assert samples({"links": twins}) == {("communicator_send_queue_bytes", "printer"): 8}


def test_closings_told_twice_are_summed():
    told = [{"kind": "unix", "reason": "hup", "count": 2}] * 2
    assert samples({"connections_closed_total": told}) == {("communicator_connections_closed_total", "unix", "hup"): 4}


def test_a_router_that_tells_nothing_exports_nothing():
    assert samples({}) == {}


@pytest.mark.parametrize(
    "stats",
    [
        {"connections": [1]},
        {"cache": 3},
        {"links": [{"kind": "unix"}]},
        {"connections_closed_total": [{"kind": "unix"}]},
        {"draining": "no"},
    ],
)
def test_statistics_of_another_shape_are_refused(stats):
    with pytest.raises(MalformedAnswerError):
        ROUTER_ANSWER.read(json.dumps(stats))
