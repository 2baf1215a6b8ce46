"""Real routers for a test, one or a cluster of them: on free ports, in their own directories, stopped in any case.

.. code-block:: python

    def test_my_service():
        with run_router() as router, BlockingClient(router.unix, "asker") as client:
            client.request(Message("ALIVE"), "ABSOLUTELY")


    def test_my_service_in_a_cluster():
        with run_cluster(3) as cluster, BlockingClient(cluster[2].unix, "asker") as client:
            client.request(Message("PING", server=cluster[0].server_name, service="ping"), "PONG")

In a coroutine, say ``async with run_router() as router``: the loop runs on while the router starts and stops.
"""

from communicator.testing.router_cluster import RouterCluster, run_cluster
from communicator.testing.router_process import RouterProcess, RouterProcessError, run_router

__all__ = ["RouterCluster", "RouterProcess", "RouterProcessError", "run_cluster", "run_router"]
