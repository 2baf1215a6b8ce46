"""Which standard addresses are free."""

import socket

import pytest

from bellwether.listeners import choose, is_free

KINDS = {False: socket.SOCK_STREAM, True: socket.SOCK_DGRAM}


@pytest.mark.parametrize("datagram", [False, True])
def test_an_address_in_use_gives_way_to_a_free_port(datagram):
    with socket.socket(socket.AF_INET, KINDS[datagram]) as holder:
        holder.bind(("127.0.0.1", 0))
        if not datagram:
            holder.listen()
        taken = f"127.0.0.1:{holder.getsockname()[1]}"
        assert not is_free(taken, datagram=datagram)
        assert choose({"a": taken}, frozenset("a" if datagram else "")) == {"a": "127.0.0.1:0"}
    assert is_free(taken, datagram=datagram)
    assert choose({"a": taken}, frozenset("a" if datagram else "")) == {"a": taken}


def test_udp_and_tcp_do_not_disturb_each_other():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        assert is_free(f"127.0.0.1:{holder.getsockname()[1]}", datagram=False)


def test_an_address_of_another_host_is_not_free():
    assert not is_free("192.0.2.1:4040", datagram=False)
