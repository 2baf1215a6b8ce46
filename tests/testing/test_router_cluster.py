import json
from contextlib import contextmanager
from threading import Thread

import pytest

from communicator import BlockingClient, Message
from communicator.testing import RouterProcessError, run_cluster
from tests.conftest import EVENTUALLY_S

pytestmark = pytest.mark.slow


@contextmanager
def echo(router):
    """A service that answers the first PING it gets."""
    with BlockingClient(router.unix, "echo") as service:

        def answer():
            service.send(service.receive(timeout_s=EVENTUALLY_S).reply("PONG"))

        thread = Thread(target=answer)
        thread.start()
        yield
        thread.join()


@pytest.mark.short
def test_a_cluster_is_one_whole_and_leaves_nothing():
    with run_cluster(3) as cluster:
        directories = [router.directory for router in cluster]
        assert [router.server_name for router in cluster] == ["alpha", "beta", "gamma"]
        assert [router.remote.rpartition(":")[0] for router in cluster] == [
            f"cd://127.0.0.{number}" for number in (1, 2, 3)
        ]
        for router in cluster:
            with BlockingClient(router.unix, "asker") as client:
                client.request(Message("CLUSTER_GET_STATUS"), "CLUSTER_CURRENT_STATUS", timeout_s=EVENTUALLY_S)
                assert sorted(client.cluster_status.servers) == ["alpha", "beta", "gamma"]
                assert client.cluster_status.completeness == "complete"
        with echo(cluster[0]), BlockingClient(cluster[2].unix, "asker") as client:
            cluster.wait_offered("echo")
            client.request(Message("PING", service="echo"), "PONG", timeout_s=EVENTUALLY_S)
    assert not [directory for directory in directories if directory.exists()]
    assert len(cluster) == 3
    assert not any(router.is_running for router in cluster)


def test_in_a_chain_the_ends_talk_through_the_middle():
    with run_cluster(3, neighbors="chain") as cluster, BlockingClient(cluster[0].unix, "asker") as client:
        answer = client.request(Message("CLUSTER_GET_GRAPH"), "CLUSTER_GRAPH", timeout_s=EVENTUALLY_S)
        nodes = {node["server"]: node for node in json.loads(answer.get("graph"))["nodes"]}
        assert (nodes["gamma"]["hops"], nodes["gamma"]["next_hop"]) == (2, "beta")
        with echo(cluster[2]):
            cluster.wait_offered("gamma:echo")
            client.request(Message("PING", server="gamma", service="echo"), "PONG", timeout_s=EVENTUALLY_S)


def test_who_is_killed_is_missed_and_comes_back():
    with run_cluster(3) as cluster:
        remote = cluster[1].remote
        cluster[1].kill()
        assert not cluster[1].is_running
        assert cluster.wait_agreed() >= 0
        cluster[1].start()
        assert cluster[1].remote == remote
        cluster.wait_agreed()


async def test_in_a_coroutine_the_loop_runs_on():
    async with run_cluster(2) as cluster:
        assert len(cluster[:]) == 2


@pytest.mark.parametrize("size", [0, 25])
def test_a_size_that_cannot_be_run_is_refused(size):
    with pytest.raises(ValueError, match=f"{size} routers: 1 to 24"):
        run_cluster(size)


def test_a_router_that_cannot_start_ends_the_others():
    cluster = run_cluster(2, {"limits.links": "many"})
    with pytest.raises(RouterProcessError, match=r"exit code 78\n(.|\n)*limits.links"):
        cluster.__enter__()
    assert not any(router.is_running for router in cluster)


def test_routers_that_do_not_agree_are_named():
    cluster = run_cluster(2, {"cluster.neighbors": []}, agree_s=0.3)
    with pytest.raises(RouterProcessError, match=r"after 0\.3 s: 'alpha' sees alpha .*; 'beta' sees beta ") as caught:
        cluster.__enter__()
    assert "event=ready" in "".join(caught.value.__notes__)
    assert not any(router.is_running for router in cluster)


def test_a_service_that_nobody_offers_is_named():
    with (
        run_cluster(1) as cluster,
        pytest.raises(RouterProcessError, match=r"after 0\.1 s: 'alpha' knows no way to 'echo'"),
    ):
        cluster.wait_offered("echo", 0.1)


def test_a_router_that_does_not_answer_is_named():
    with run_cluster(1) as cluster:
        (cluster[0].directory / "router.sock").unlink()
        with pytest.raises(RouterProcessError, match=r"does not answer: .*router\.sock"):
            cluster.wait_agreed()


def test_a_cluster_without_running_routers_agrees():
    with run_cluster(1) as cluster:
        cluster[0].stop()
        cluster.wait_agreed(0)
