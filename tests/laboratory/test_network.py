"""The network of the laboratory: what it is told to do with packets is done to them, for each direction of each pair."""

import socket
import time
from contextlib import ExitStack

import pytest

from laboratory.network import Network
from tests.cluster.conftest import inside
from tests.conftest import EVENTUALLY_S

pytestmark = pytest.mark.short
PORT = 5000
DELAY_S = 0.05
PACKETS = 400


@pytest.fixture
def network(require_root, require_program, tmp_path):  # noqa: ARG001 - its presence is the demand
    """Hosts a, b and c, with `say` and `hear`."""
    for program in ("gcc", "ip"):
        require_program(program)
    with ExitStack() as stack:
        made = Network(["a", "b", "c"], tmp_path, 1, stack)
        sockets = {}
        for name in "abc":
            sockets[name] = inside(made.namespace(name), lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            stack.callback(sockets[name].close)
            sockets[name].bind((made.address(name), PORT))
            sockets[name].settimeout(EVENTUALLY_S)
        made.say = lambda here, there, word: sockets[here].sendto(word, (made.address(there), PORT))
        made.hear = lambda name: sockets[name].recv(100)
        yield made


def test_each_direction_has_its_delay(network):
    network.set_way("a", "b", delay_s=DELAY_S)
    network.set_way("b", "a", delay_s=2 * EVENTUALLY_S)
    began_s = time.monotonic()
    network.say("a", "b", b"late")
    assert network.hear("b") == b"late"
    assert DELAY_S <= time.monotonic() - began_s < EVENTUALLY_S


def test_nothing_crosses_a_cut(network):
    network.divide(["b"])
    network.say("a", "b", b"lost")
    network.say("a", "c", b"after it")
    assert network.hear("c") == b"after it", "the other one was taken before, and is gone"
    network.divide(["b"], is_cut=False)
    network.say("a", "b", b"heard")
    assert network.hear("b") == b"heard"


def test_a_share_is_lost(network):
    network.set_way("a", "b", loss=0.5)
    for _ in range(PACKETS):
        network.say("a", "b", b"perhaps")
    network.say("a", "c", b"after them")
    assert network.hear("c") == b"after them"
    network.set_way("a", "b")
    network.say("a", "b", b"last")
    heard = 0
    while network.hear("b") != b"last":
        heard += 1
    assert 0.3 * PACKETS < heard < 0.7 * PACKETS
