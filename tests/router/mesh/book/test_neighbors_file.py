import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.router.mesh.book.neighbors_file import (
    NO_ORDER,
    canonical,
    order_of,
    parse_cluster_address,
    read,
    render,
)


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("10.0.0.1:4042", "10.0.0.1:4042"),
        (" 10.0.0.1:4042\t", "10.0.0.1:4042"),
        ("10.0.0.1:04042", "10.0.0.1:4042"),
        ("[2001:DB8:0::1]:4042", "[2001:db8::1]:4042"),
        ("[::ffff:10.0.0.1]:4042", "10.0.0.1:4042"),
        ("127.0.0.1:4042", "127.0.0.1:4042"),
        ("[::1]:65535", "[::1]:65535"),
        ("10.0.0.1", None),
        ("10.0.0.1:", None),
        ("10.0.0.1:0", None),
        ("10.0.0.1:65536", None),
        ("10.0.0.01:4042", None),
        ("host-b:4042", None),
        ("localhost:4042", None),
        ("::1:4042", None),
        ("0.0.0.0:4042", None),
        ("[::]:4042", None),
        ("[::ffff:0.0.0.0]:4042", None),
        ("224.0.0.1:4042", None),
        ("[ff02::1]:4042", None),
        ("255.255.255.255:4042", None),
        ("[fe80::1%eth0]:4042", None),
        ("", None),
        ("x" * 100_000, None),
    ],
)
def test_an_address_of_a_router(text, spelling):
    host_port = parse_cluster_address(text)
    assert (None if host_port is None else str(host_port)) == spelling


@given(st.text())
def test_no_text_is_too_odd(text):
    host_port = parse_cluster_address(text)
    assert host_port is None or parse_cluster_address(str(host_port)) == host_port
    assert canonical(text) == (text if host_port is None else str(host_port))


def test_addresses_are_ordered_by_number():
    texts = ["9.0.0.1:9", "10.0.0.1:80", "10.0.0.1:4042", "10.0.0.20:1", "[::2]:1", "[2001:db8::1]:1"]
    assert sorted(texts, key=order_of) == texts
    assert order_of("host-b:4042") == order_of("[fe80::1%eth0]:4042") == NO_ORDER < order_of(texts[0])


def test_the_file_of_the_ancestor_is_read():
    saved = read(
        "# written by communicatord\n10.0.0.2:4042\n10.0.0.3:4042, 10.0.0.4:4042 10.0.0.5:4042 # three\n\n"
        "10.0.0.6\nhost-b:4042,,\n\t[::1]:4042\r\n"
    )
    assert saved.addresses == [
        "10.0.0.2:4042",
        "10.0.0.3:4042",
        "10.0.0.4:4042",
        "10.0.0.5:4042",
        "[::1]:4042",
    ]
    assert saved.rejected == ["10.0.0.6", "host-b:4042"]
    assert (saved.servers, saved.forgotten) == ({}, {})


@pytest.mark.parametrize(
    "line",
    [
        "# forgotten 10.0.0.9:4042",
        "# forgotten 10.0.0.9:4042 soon",
        "# forgotten 10.0.0.9:4042 -5",
        "# forgotten 10.0.0.9:4042 ²",
        "# forgotten 10.0.0.9 5",
        "# forgotten 10.0.0.9:4042 5 6",
        "# forgotten" + " 1" * 1000,
        "# server 10.0.0.9:4042",
        "# counts",
        "# counts b c",
        "#",
    ],
)
def test_comments_that_are_no_notes_of_ours_are_passed_over(line):
    saved = read(line)
    assert saved == ([], {}, [], {}, [])


def test_what_is_written_is_read_again():
    addresses = ["10.0.0.10:4042", "10.0.0.9:4042", "[::1]:4042"]
    servers = {"10.0.0.9:4042": "b", "host-b:4042": "b"}
    forgotten = {"10.0.0.7:4042": 1_700_000_000}
    text = render(addresses, servers, ["c", "b"], forgotten)
    assert text.splitlines()[2:] == [
        "10.0.0.9:4042",
        "10.0.0.10:4042",
        "[::1]:4042",
        "# server 10.0.0.9:4042 b",
        "# server host-b:4042 b",
        "# counts b",
        "# counts c",
        "# forgotten 10.0.0.7:4042 1700000000",
    ]
    assert all(line.startswith("#") for line in text.splitlines()[:2])
    saved = read(text)
    assert (set(saved.addresses), saved.servers, saved.counted) == (set(addresses), servers, ["b", "c"])
    assert saved.forgotten == forgotten
