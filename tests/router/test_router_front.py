from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from communicator.errors import RemoteProtocolError
from communicator.protocol import decode
from communicator.router.path.router_front import front_of, head_of
from communicator.router.vocabulary.config import RouterLimits
from communicator.router.vocabulary.effects import Continue, Send
from communicator.router.vocabulary.events import Continued, Instant, LinesReceived
from simulation.cluster import Cluster, chain, star

MANY = 100


def written(cluster, host, link, *reads):
    """What reads of a link make a router write, by link, as one stream each."""
    router, streams = cluster[host], {}
    clock = cluster.hosts[host].clocks.read()
    for lines in reads:
        due = [LinesReceived(link, lines)]
        while due:
            for effect in router.handle(due.pop(), Instant(*clock)):
                if isinstance(effect, Send):
                    streams[effect.link] = streams.get(effect.link, b"") + effect.data
                elif isinstance(effect, Continue):
                    due.append(Continued(effect.link))
    return streams


def link_to(cluster, host, peer):
    return cluster[host]._board.mesh.peers[peer].id


def messages(stream):
    return [read(line) for line in stream.split(b"\n")]


def read(line):
    """The message, or the bytes where they are none: what need not be looked into is passed on."""
    try:
        return decode(line)
    except RemoteProtocolError:
        return line


@pytest.fixture(scope="module")
def line():
    """A - b - c - d, with two services on each but the first; what is said here changes nothing."""
    cluster = Cluster(chain("abcd"))
    for host in "bcd":
        for name in ("one", "two"):
            cluster.service(host, f"{name}_{host}", "NOTE")
    cluster.service("b", "tint_b", service_version="1.0")
    cluster.service("b", "tint_b", service_version="2.0", role="standby")
    canary, asker = cluster.service("b", "canary"), cluster.service("a", "s")
    cluster.colour(canary, 1, "tint_b", "1.0", drain_s=1e6)
    cluster.say(asker, "b:tint_b/P n=1")
    cluster.colour(canary, 2, "tint_b", "2.0", drain_s=1e6)
    return cluster


@pytest.mark.parametrize(
    ("text", "front", "head"),
    [
        (b"<a:s b:one/P hops_left=9;x=1;y=2\n", b"<a:s b:one/P hops_left=9;x=", b"<a:s b:one/P"),
        (b"<a:s b:one/P hops_left=9;\n", b"<a:s b:one/P hops_left=9;\n", b"<a:s b:one/P"),
        (b"<a:s b:one/P x=1\n", b"<a:s b:one/P x=", b"<a:s b:one/P"),
        (b"<a:s b:one/P hops_left=100;x=1\n", b"<a:s b:one/P hops_left=", b"<a:s b:one/P"),
        (b"<a:s b:one/P\n", b"<a:s b:one/P\n", b"<a:s b:one/P"),
        (b"<a:s\n", b"<a:s\n", b"<a:s"),
        (b"<a:s b:one/P hops_left=9;;\n", b"<a:s b:one/P hops_left=", b"<a:s b:one/P"),
        (b"<a:s b:one/P ;\n", b"", b"<a:s b:one/P"),
        (b"b:one/P x=1\n", b"", None),
    ],
)
def test_the_front_ends_with_the_name_of_the_first_parameter(text, front, head):
    assert front_of(text) == front
    if head is not None:
        assert head_of(text) == head
        assert head_of(front) == (head if front else b"")


# ------------------------------------------------------------------------------------------ together and one by one alike

HEADS = st.sampled_from(
    [
        b"<a:s b:one_b/P",
        b"<a:s b:two_b/P",
        b"<a:s b:tint_b/P",  # goes on with the old version
        b"<a:other b:tint_b/P",
        b"<a:s b:one_b/QUERY",
        b"<a:other c:one_c/P",
        b"<a:s c:one_c/P",
        b"<a:s d:one_d/P",
        b"<a:s b:nobody/P",
        b"<a:s zz:one_b/P",
        b"<a: b:one_b/P",
        b"<b:s b:one_b/P",  # under our own name
        b"<d:s b:one_b/P",  # not by this way
        b"<a:s one_b/P",
        b"<a:s *:one_c/P",
        b"<a:s ./NOTE",
        b"<a:s b:steps_left/P",
        b"b:one_b/P",
        b"<a:s b:one_b",
        b"<a:communicatord ALIVE",
        b"{",
        b"",
    ]
)
HOPS = st.sampled_from(
    [
        b"",
        b"",
        b" hops_left=15;",
        b" hops_left=9;",
        b" hops_left=2;",
        b" hops_left=1;",
        b" hops_left=0;",
        b" hops_left=99;",
        b" hops_left=7",
        b" hops_left=-1;",
        b" hops_left=007;",
        b" hops_left=x;",
        b" x=1;hops_left=3;",
        b" hops_left=4;hops_left=2;",
    ]
)
REST = st.sampled_from(
    [
        b"n=1",
        b"n=2;",
        b"",
        b" ",
        b"steps_left=3",
        b"race=1",
        b"trace=t",
        b'trace="t"',
        b"ack=required",
        b'ack="required"',
        b"back=request",
        b"server=all",
        b"deliver=all",
        b"to_version=1.0",
        b"v=<a:s b:one_b/P hops_left=9;w=1",
        b"\xff",
        b"a=b\r",
        b"ack_id=a-b-1",
    ]
)


@st.composite
def a_line(draw):
    head, hops, rest = draw(HEADS), draw(HOPS), draw(REST)
    return head + (hops or (b" " if rest else b"")) + rest + b"\n"


@given(
    lines=st.lists(st.tuples(a_line(), st.integers(1, 4)), min_size=1, max_size=12),
    cuts=st.sets(st.integers(1, 30)),
)
@settings(max_examples=3 * settings.default.max_examples, deadline=None)
def test_a_read_is_passed_on_as_its_lines_are_one_by_one(line, lines, cuts):
    spread = [one for one, times in lines for _ in range(times)]
    link = link_to(line, "b", "a")

    def said(reads):
        line["b"]._board.received._seen.clear()
        line["b"]._board._messages = 0
        streams = written(line, "b", link, *reads)
        return {target: messages(stream) for target, stream in streams.items()}

    edges = [0, *sorted(cut for cut in cuts if cut < len(spread)), len(spread)]
    reads = [b"".join(spread[start:end]) for start, end in pairwise(edges)]
    assert said([b"".join(spread)]) == said(spread) == said(reads)


@given(data=st.data())
@settings(max_examples=settings.default.max_examples, deadline=None)
def test_a_read_of_one_front_is_passed_on_byte_by_byte(line, data):
    """What is not looked into is not changed, however it is written."""
    head = data.draw(st.sampled_from([b"<a:s b:one_b/P", b"<a:s c:one_c/P", b"<a:s d:one_d/P"]))
    left = data.draw(st.integers(2, 15) | st.none())
    rests = data.draw(st.lists(st.sampled_from([b"z=1;a=2", b'q="a;b"', b"u=\xc3\xbc;", b"x= ", b"n=\\n"]), min_size=1))
    front = head + (b" hops_left=%d;" % left if left else b" ")
    [(_, stream)] = written(
        line, "b", link_to(line, "b", "a"), b"".join(front + rest + b"\n" for rest in rests)
    ).items()
    after = head + (b" " if b" b:" in head else b" hops_left=%d;" % ((left or 15) - 1))
    assert stream == b"".join(after + rest + b"\n" for rest in rests)


def test_a_read_of_one_front_leaves_in_one_write(line):
    data = b"".join(b"<a:s c:one_c/P hops_left=9;n=%d\n" % number for number in range(MANY))
    clock = line.hosts["b"].clocks.read()
    effects = line["b"].handle(LinesReceived(link_to(line, "b", "a"), data), Instant(*clock))
    assert [effect.data for effect in effects] == [data.replace(b"hops_left=9;", b"hops_left=8;")]


@pytest.mark.parametrize("size", [40, 2000])
@pytest.mark.parametrize("odd", [b"<a:s c:two_c/P n=odd\n", b"<a:s c:one_c/P hops_left=3;n=odd\n", b"<a:s c:one_c/P\n"])
def test_one_odd_line_among_many_alike_is_noticed(line, size, odd):
    even = [b"<a:s c:one_c/P n=%d;%b\n" % (number, b"x=" + b"y" * size) for number in range(MANY)]
    at = Random(size).randrange(1, MANY)
    streams = written(line, "b", link_to(line, "b", "a"), b"".join([*even[:at], odd, *even[at:]]))
    [heard] = streams.values()
    assert heard == b"".join(
        messages_with(14, even[:at]) + messages_with(2 if b"=3" in odd else 14, [odd]) + messages_with(14, even[at:])
    )


def messages_with(left, lines):
    """The lines as the next router gets them."""
    return [
        line.replace(b"hops_left=3;", b"")
        .replace(b"/P ", b"/P hops_left=%d;" % left)
        .replace(b"/P\n", b"/P hops_left=%d;\n" % left)
        for line in lines
    ]


# ------------------------------------------------------------------------------------------------------------- the hops


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("", "hops_left=14;"),
        ("hops_left=15;", "hops_left=14;"),
        ("hops_left=2;", "hops_left=1;"),
        ("hops_left=99;", "hops_left=14;"),
        ("hops_left=1;", None),
        ("hops_left=0;", None),
    ],
)
@pytest.mark.parametrize("trace", ["", "trace=t;"])  # which is read
def test_each_router_takes_one_from_the_hops_that_are_left(line, said, heard, trace):
    streams = written(line, "b", link_to(line, "b", "a"), f"<a:s d:one_d/P {said}{trace}x=1\n".encode())
    stream = streams.get(link_to(line, "b", "c"), b"").decode()
    assert stream == ("" if heard is None else f"<a:s d:one_d/P {heard}{trace}x=1\n")


def test_a_message_without_hops_left_is_counted_as_dropped(line):
    dropped = line["b"]._board.statistics.dropped
    before = dropped["hops"]
    written(line, "b", link_to(line, "b", "a"), b"<a:s d:one_d/P hops_left=1;x=1\n" * 3)
    assert dropped["hops"] == before + 3


@pytest.mark.parametrize("left", ["", "hops_left=9;", "hops_left=1;", "hops_left=0;"])
@pytest.mark.parametrize("trace", ["", "trace=t;"])
def test_a_service_does_not_see_how_a_message_came(line, left, trace):
    streams = written(line, "b", link_to(line, "b", "a"), f"<a:s b:one_b/P {left}{trace}x=1\n".encode())
    [heard] = [stream for link, stream in streams.items() if link != link_to(line, "b", "a")]
    assert heard == f"<a:s b:one_b/P {trace}x=1\n".encode()


def test_a_wrong_count_of_hops_is_refused(line):
    [answer] = written(line, "b", link_to(line, "b", "a"), b"<a:s c:one_c/P hops_left=-1;x=1\n").values()
    assert b"INVALID" in answer
    assert b"hops_left" in answer


def test_nothing_goes_back_where_it_came_from(line):
    """Only with ways that contradict each other, as for a moment after a change."""
    streams = written(
        line, "c", link_to(line, "c", "b"), b"<a:s b:one_b/P x=1\n", b"<a:s b:one_b/P hops_left=9;trace=t\n"
    )
    assert all(b"one_b/P" not in stream for stream in streams.values())
    assert line["c"]._board.statistics.dropped["hops"] >= 2


def test_a_message_for_a_leaf_holds_nothing_of_the_routers():
    cluster = Cluster(chain("abl"), leaves="l")
    for odd in ("", "trace=t;", "hops_left=3;", "trace=t;ack_id=a-0-1;hops_left=3;ack=required;"):
        streams = written(cluster, "b", link_to(cluster, "b", "a"), f"<a:s l:svc/P {odd}x=1\n".encode())
        [heard] = messages(streams[link_to(cluster, "b", "l")].rstrip())
        assert heard.sender == "a:s"
        assert set(heard.parameters) <= {"x", "trace", "ack"}


# ------------------------------------------------------------------------------------------------- who is believed, and when


@pytest.mark.parametrize(
    ("sender", "believed"),
    [("a:s", True), ("a:communicatord", True), ("d:s", False), ("c:s", False), ("b:s", False), ("zz:s", False)],
)
@pytest.mark.parametrize("trace", ["", ";trace=t"])
def test_a_router_brings_only_what_can_come_its_way(line, sender, believed, trace):
    line.run(30)  # the ways have settled
    denied = line["b"]._board.statistics.acl_denied
    streams = written(line, "b", link_to(line, "b", "a"), f"<{sender} b:one_b/P x=1{trace}\n".encode())
    heard = b"".join(stream for link, stream in streams.items() if link != link_to(line, "b", "a"))
    assert (b"one_b/P" in heard) is believed
    assert line["b"]._board.statistics.acl_denied == denied + (not believed)


def test_after_a_change_messages_may_still_come_by_the_old_way():
    """A ring: when a link breaks, all is on the other side; what is under way comes from the first."""
    cluster = Cluster([("a", "b"), ("b", "c"), ("c", "d"), ("d", "a")])
    cluster.service("a", "alpha")
    cluster.run(30)
    path = cluster["a"]._board.carrier.path("c")
    other = "d" if path[1] == "b" else "b"
    early = written(cluster, "a", link_to(cluster, "a", other), b"<c:s a:alpha/P x=1\n")
    assert all(b"alpha/P" not in stream for stream in early.values())
    cluster.cut(path[1], "c")
    cluster.run(1)
    for link in ("b", "d"):
        heard = written(cluster, "a", link_to(cluster, "a", link), b"<c:s a:alpha/P x=1\n")
        assert (b"<c:s a:alpha/P x=1\n" in heard.values()) is (link == other)
    cluster.heal(path[1], "c")
    cluster.run(5)
    for link in ("b", "d"):  # c is again reached over one of them, and may be heard over both
        assert (
            b"<c:s a:alpha/P x=1\n"
            in written(cluster, "a", link_to(cluster, "a", link), b"<c:s a:alpha/P x=1\n").values()
        )
    cluster.run(30)
    heard = [written(cluster, "a", link_to(cluster, "a", link), b"<c:s a:alpha/P x=1\n") for link in ("b", "d")]
    assert sum(b"<c:s a:alpha/P x=1\n" in streams.values() for streams in heard) == 1


def test_ways_follow_the_services_that_come_and_go():
    cluster = Cluster(star("b", "ac"))
    line = b"<a:s b:svc/P x=1\n"
    link = link_to(cluster, "b", "a")
    assert written(cluster, "b", link, line, line) == {}
    first = cluster.service("b", "svc")
    written(cluster, "b", link, line)
    first.leave()
    cluster.run()
    assert written(cluster, "b", link, line) == {}
    second = cluster.service("b", "svc")
    assert written(cluster, "b", link, line) == {second._link: line}


def test_the_ways_remembered_of_a_link_are_bounded():
    cluster = Cluster(chain("ab"))
    cluster.service("b", "svc")
    board = cluster["b"]._board
    board.config = replace(board.config, limits=RouterLimits(routes=4))
    link = link_to(cluster, "b", "a")
    for number in range(50):
        line = b"<a:s b:svc/C%d x=1\n" % number
        assert list(written(cluster, "b", link, line).values()) == [line]
        assert len(board.registry.links[link].routes) <= 4


def test_many_lines_that_must_be_read_give_others_a_turn(line):
    clock = line.hosts["b"].clocks.read()
    link = link_to(line, "b", "a")
    effects = line["b"].handle(LinesReceived(link, b"<a:s b:one_b/P trace=t\n" * 1000), Instant(*clock))
    assert 0 < sum(isinstance(effect, Send) for effect in effects) < 1000
    line["b"]._board.registry.links[link].parked = b""
    line["b"]._board.registry.links[link].is_parked = False
