"""Which standard addresses are free."""

import socket

import pytest

from bellwether.listeners import choose, is_free

KINDS = {False: socket.SOCK_STREAM, True: socket.SOCK_DGRAM}


@pytest.mark.parametrize("datagram", [False, True])
def test_an_address_in_use_gives_way_to_a_free_port(own_address, datagram):
    with socket.socket(socket.AF_INET, KINDS[datagram]) as holder:
        holder.bind((own_address, 0))
        if not datagram:
            holder.listen()
        taken = f"{own_address}:{holder.getsockname()[1]}"
        assert not is_free(taken, datagram=datagram)
        assert choose({"a": taken}, frozenset("a" if datagram else "")) == {"a": f"{own_address}:0"}
    assert is_free(taken, datagram=datagram)
    assert choose({"a": taken}, frozenset("a" if datagram else "")) == {"a": taken}


def test_udp_and_tcp_do_not_disturb_each_other(own_address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind((own_address, 0))
        assert is_free(f"{own_address}:{holder.getsockname()[1]}", datagram=False)


def test_an_address_of_another_host_is_not_free():
    assert not is_free("192.0.2.1:4040", datagram=False)
