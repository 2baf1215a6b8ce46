"""The router on the page: what it carries, and the longest queue first."""

from communicator.answers.router import Cache, LinkCounts, Peer, Peers, Statistics
from communicator.wording import marks
from exporters.page.views.router import router_view

STATISTICS = Statistics(
    server="alpha",
    version="0.1.0",
    start_time_seconds=1_000.0,
    connections={"unix": 3, "local": 0, "secure": 1},
    messages_routed_total={"local": 1_200_000, "broadcast": 34},
    messages_dropped_total={"unroutable": 6, "slow_consumer": 2, "expired": 0},
    slow_consumers_total={"mailer": 2},
    cache=Cache(messages=1, bytes=2048),
    cluster=Peers(peers=(Peer("beta", up=True, rtt_seconds=0.00021),)),
    links=(
        LinkCounts("canary", "unix", "canary", 0, 4000, 5000),
        LinkCounts("mailer", "unix", "mailer", 300_000, 1, 2),
        LinkCounts("beta", "secure", None, 10, 1, 2),
    ),
)


def test_what_it_carries():
    view = router_view(STATISTICS, 4_600.0, None)
    assert (view.mark, view.sentence) == (marks.GOOD, "alpha, version 0.1.0, up 1h 0m")
    assert dict(view.facts) == {
        "messages routed": "1,200,034",
        "not delivered": "6 unroutable, 2 slow consumer",
        "links": "3 unix, 1 secure",
        "waiting to be sent": "293 KiB",
        "kept for later": "1 message, 2 KiB",
        "slow to read": "mailer 2 times",
    }


def test_the_longest_queue_comes_first():
    view = router_view(STATISTICS, 4_600.0, 2)
    assert [(row.name, row.mark, row.queue, row.rtt) for row in view.rows] == [
        ("mailer", marks.DOUBTFUL, "293 KiB", ""),
        ("beta", marks.DOUBTFUL, "10 B", "210 µs"),
    ]
    assert view.hidden == 1


def test_a_router_that_tells_little():
    view = router_view(Statistics(draining=True), 0.0, None)
    assert (view.mark, view.sentence) == (marks.DOUBTFUL, "this host, version not told, draining")
    assert dict(view.facts)["not delivered"] == "none"
