def test_cluster_status_old_and_new(trio):
    trio.play(
        """
        A > CLUSTER_GET_STATUS
        A < CLUSTER_CURRENT_STATUS status=up;completeness=complete;neighbors_count=1;live_count=1;quorum=1;servers=peer
        A > CLUSTER_STATUS
        A < ./CLUSTER_UP neighbors_count=1
        A < ./CLUSTER_COMPLETE neighbors_count=1
        M > CLUSTER_STATUS
        + U unix bob
        U > CLUSTER_STATUS
        U < ./CLUSTER_UP neighbors_count=1
        U < ./CLUSTER_COMPLETE neighbors_count=1
        """,
    )
