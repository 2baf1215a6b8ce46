"""The load of a host two routers away, over real routers."""

from communicator import BlockingClient, Message
from communicator.testing import run_cluster
from tests.conftest import EVENTUALLY_S


def test_the_load_of_the_host_at_the_other_end_is_heard():
    with run_cluster(3, neighbors="chain") as cluster, BlockingClient(cluster[0].unix, "watcher") as watcher:
        with BlockingClient(cluster[2].unix, "asker") as asker:
            address = asker.request(Message("PUBLIC_IP"), "SERVER_PUBLIC_IP", timeout_s=EVENTUALLY_S).get("public_ip")
        watcher.send(Message("LISTEN_LOADAVG", {"ips": address}))
        told = watcher.receive(timeout_s=EVENTUALLY_S)
        assert (told.sender, told.command, told.get("my_address")) == ("gamma:communicatord", "LOADAVG", address)
        assert float(told.get("avg")) >= 0
