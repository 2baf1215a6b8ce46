"""What may be called what."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.protocol.limits import TOKEN_CHARACTERS
from communicator.protocol.names import (
    TOKEN,
    is_command_name,
    is_parameter_name,
    is_server_name,
    is_service_name,
    is_tool_name,
    server_name_from_host,
    tool_name,
)

LONG = "A" * TOKEN_CHARACTERS

# text: may it be a server or service, a command, a parameter, stand on the wire
TABLE = {
    "lock": (True, False, True, True),
    "LOCK_2": (True, True, True, True),
    "_": (True, True, True, True),
    "class": (True, False, True, True),
    "Lock": (True, False, True, True),
    LONG: (True, True, True, True),
    LONG + "A": (False, False, False, False),
    "": (False, False, False, False),
    "2lock": (False, False, False, True),
    "pay-load": (False, False, False, True),
    "a.b": (False, False, False, True),
    "*": (False, False, False, True),
    "?": (False, False, False, True),
    ".": (False, False, False, True),
    "a b": (False, False, False, False),
    "a/b": (False, False, False, False),
    "a:b": (False, False, False, False),
    "LOCK\n": (False, False, False, False),
    "é": (False, False, False, False),
    "ⅷ": (False, False, False, False),
    "A²": (False, False, False, False),
}


@pytest.mark.parametrize(("text", "expected"), TABLE.items(), ids=[repr(text[:20]) for text in TABLE])
def test_names(text, expected):
    assert is_server_name(text) is is_service_name(text)
    on_wire = re.fullmatch(TOKEN, text) is not None
    assert (is_server_name(text), is_command_name(text), is_parameter_name(text), on_wire) == expected


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("alpha", "alpha"),
        ("alpha.example.net", "alpha"),
        ("web-01", "web_01"),
        ("9front", "_9front"),
        ("", "_"),
        (".local", "_"),
        ("über", "_ber"),
        ("a" * 300, "a" * TOKEN_CHARACTERS),
        ("1" * 300, "_" + "1" * (TOKEN_CHARACTERS - 1)),
    ],
)
def test_server_name_from_host(host, name):
    assert server_name_from_host(host) == name


@given(st.text(max_size=200))
def test_every_host_has_a_valid_server_name(host):
    assert is_server_name(server_name_from_host(host))


def test_a_passing_command_is_told_from_a_service():
    assert is_tool_name(tool_name(311))
    assert not any(
        map(is_tool_name, ["bellwether", "bellwether_", "bellwether_x1", "my_bellwether_311", "bellwether_3_1"])
    )
