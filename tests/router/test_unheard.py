"""Which of its commands never came to a version of a service, whichever way messages take."""

import pytest

from communicator.protocol import decode
from simulation.cluster import Cluster, chain

LISTED = "BUY,CANCEL,REFUND"


class Shop:
    """A service on b that is asked from three hosts."""

    def __init__(self) -> None:
        self.cluster = Cluster(chain("abc"), known_services=frozenset({"shop"}))
        self.asker = self.cluster.service("b", "asker")
        self.customers = {host: self.cluster.service(host, f"customer_{host}") for host in "abc"}

    def open(self, version="1.0", commands=LISTED, build=""):
        self.shop = self.cluster.service("b", "shop", commands, service_version=version, build=build)

    def say(self, host, *lines):
        self.cluster.say(self.customers[host], *lines)

    def close(self):
        self.shop.leave()
        self.cluster.run()

    def unheard(self):
        """What is told of it."""
        self.asker.take()
        self.cluster.say(self.asker, "SERVICE_STATUS service=shop;unheard=true")
        (status,) = (
            message for message in map(decode, map(str.encode, self.asker.take())) if message.command == "STATUS"
        )
        assert status.get("status") == "up"
        return status.get("unheard")


@pytest.fixture
def shop():
    return Shop()


def test_what_a_service_lists_never_came_until_it_does(shop):
    shop.open()
    assert shop.unheard() == LISTED
    shop.say("b", "shop/BUY x=1")
    assert shop.unheard() == "CANCEL,REFUND"
    shop.say("b", "shop/WRONG x=1", "shop/REFUND", "shop/REFUND", "shop/BUY x=2")
    assert shop.unheard() == "CANCEL"
    shop.say("b", "shop/CANCEL")
    assert shop.unheard() == ""


@pytest.mark.parametrize("host", ["a", "b", "c"])
@pytest.mark.parametrize(
    "line",
    [
        "shop/BUY x=1",
        "b:shop/BUY x=1",
        "*:shop/BUY x=1",
        "shop/BUY deliver=all",
        "*/BUY x=1",
        "shop/BUY trace=t1",
        "shop/BUY ack=required",
    ],
)
def test_it_has_come_whichever_way_it_takes(shop, host, line):
    shop.open()
    shop.say(host, line)
    assert shop.unheard() == "CANCEL,REFUND"


def test_what_was_kept_for_a_service_has_come_to_it(shop):
    shop.say("b", "shop/BUY x=1")
    shop.open()
    assert shop.unheard() == "CANCEL,REFUND"


def test_the_runs_of_a_version_count_together_and_another_one_begins_anew(shop):
    shop.open(build="b1")
    shop.say("b", "shop/BUY x=1")
    shop.close()
    shop.open(build="b1")
    assert shop.unheard() == "CANCEL,REFUND"
    shop.close()
    shop.open(build="b2")
    assert shop.unheard() == LISTED
