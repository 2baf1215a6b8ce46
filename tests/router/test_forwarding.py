import sys
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communicator.protocol import decode
from communicator.router.path import local_front
from communicator.router.path.forwarding import LINES_AT_ONCE, count_lines
from communicator.router.vocabulary.effects import Continue, Send
from communicator.router.vocabulary.events import Continued, Instant, LinesReceived
from simulation.cluster import Cluster, chain


def sent(book, link_name, lines):
    """What the effects of these lines write to each link, in order."""
    before = len(book.effects)
    book.handle(LinesReceived(book.links[link_name], lines))
    names = {number: name for name, number in book.links.items()}
    sends = [effect for effect in book.effects[before:] if isinstance(effect, Send)]
    for heard in book.heard.values():
        heard.clear()
    return [(names[send.link], send.data) for send in sends]


def test_lines_with_one_header_leave_in_one_write(trio):
    lines = b"".join(b"svc_b/PAYLOAD n=%d\n" % number for number in range(1000))
    [(target, data)] = sent(trio, "A", lines)
    assert target == "B"
    assert data == b"".join(b"<peer:svc_a svc_b/PAYLOAD n=%d\n" % number for number in range(1000))


def test_lines_for_several_services_leave_in_one_write_each(trio):
    lines = b"svc_b/P n=1\nsvc_m/P n=2\nsvc_b/Q n=3\nsvc_b/P n=4\n"
    assert sorted(sent(trio, "A", lines)) == [
        ("B", b"<peer:svc_a svc_b/P n=1\n<peer:svc_a svc_b/Q n=3\n<peer:svc_a svc_b/P n=4\n"),
        ("M", b"<peer:svc_a svc_m/P n=2\n"),
    ]


def test_order_to_one_receiver_holds_across_broadcasts_answers_and_odd_lines(trio):
    lines = b'svc_b/P n=1\n./NOTIFY n=2\nALIVE\nsvc_b/P n=3\n{"command":"P","service":"svc_b"}\nsvc_b/P n=5\n'
    heard = b"".join(data for target, data in sent(trio, "A", lines) if target == "B").splitlines()
    assert [decode(line).get("n") for line in heard] == ["1", "2", "3", "", "5"]


@pytest.mark.parametrize(
    "line",
    [
        b"svc_b/P",
        b"svc_b/P x=1",
        b"svc_b/P x=1\r",
        b"  svc_b/P x=1",
        b"svc_b/P\r",
        b"peer:svc_b/P x=1",
        b".:svc_b/P x=1",
        b"?:svc_b/P x=1",
        b"*:svc_b/P x=1",
        b"svc_b/payload x=1",
        b"svc_b/PAY-LOAD x=1",
        b"<other:forged svc_b/P x=1",
        b"<peer:communicatord svc_b/P x=1",
        b'{"command":"P","service":"svc_b","sent-from-server":"peer","sent-from-service":"canary"}',
    ],
)
@pytest.mark.parametrize("around", [b"", b"svc_b/Q n=1\n"])
def test_a_registered_sender_is_signed_and_cannot_be_forged(trio, line, around):
    heard = b"".join(data for target, data in sent(trio, "A", around + line + b"\n" + around) if target == "B")
    senders = {decode(one).sender for one in heard.splitlines()}
    assert senders == {"peer:svc_a"}
    assert heard.count(b"\n") == 1 + 2 * around.count(b"\n")


def test_an_unregistered_sender_has_no_name(trio):
    trio.play("+ U local nobody")
    for line in (b"svc_b/P x=1\n", b"<peer:svc_a svc_b/P x=1\n", b"<a:b svc_b/P x=1\nsvc_b/P x=1\n"):
        heard = b"".join(data for _, data in sent(trio, "U", line))
        assert {decode(one).sender for one in heard.splitlines()} == {""}


def test_parameters_are_passed_on_as_they_were_written(trio):
    odd = b'svc_b/P z=1;a="x;y\\"z";z=0x2;\n'
    assert sent(trio, "A", odd) == [("B", b"<peer:svc_a " + odd)]


@pytest.mark.parametrize("scope", [".", "?", "*", ".:.", "*:*"])
def test_a_broadcast_reaches_those_who_list_the_command_and_its_sender(trio, scope):
    trio.play(
        f"""
        A > {scope}/NOTIFY x=1
        A < <peer:svc_a {scope}/NOTIFY x=1
        B < <peer:svc_a {scope}/NOTIFY x=1
        M < (nothing)
        M > {scope}/NOTIFY x=2
        A < <peer:svc_m {scope}/NOTIFY x=2
        B < <peer:svc_m {scope}/NOTIFY x=2
        M < (nothing)
        A > {scope}/UNHEARD x=3
        """,
    )


def test_a_broadcast_to_one_named_server_is_refused(trio):
    trio.play(
        """
        A > peer:*/NOTIFY x=4
        A < INVALID command=NOTIFY;message=*
        """,
    )


@pytest.mark.parametrize(("role", "hears"), [("standby", True), ("shadow", False), ("probe", False)])
def test_only_live_and_standby_hear_broadcasts_and_only_live_is_addressed(trio, role, hears):
    trio.play(
        f"""
        + S unix bob
        S > REGISTER service=svc_b;version=1;role={role}
        S < HELP
        S < READY my_address=*
        {"" if role == "shadow" else "A < STATUS cache=no;server=peer;server_name=peer;service=svc_b;status=up;up_since=*"}
        S > COMMANDS list=NOTIFY
        A > svc_b/P x=1
        B < <peer:svc_a svc_b/P x=1
        S < (nothing)
        A > ./NOTIFY
        A < <peer:svc_a ./NOTIFY
        B < <peer:svc_a ./NOTIFY
        {"S < <peer:svc_a ./NOTIFY" if hears else "S < (nothing)"}
        """,
    )


def test_messages_are_counted_by_route(trio):
    routed = trio.router._board.statistics.routed
    before = dict(routed)
    sent(trio, "A", b"svc_b/P\nsvc_b/P\n")
    sent(trio, "A", b"svc_b/P\n./NOTIFY\nsvc_m/P\nALIVE\n./NOTIFY\n")
    sent(trio, "A", b"./NOTIFY\n./NOTIFY\n")
    assert {name: routed[name] - before[name] for name in ("local", "broadcast", "self")} == {
        "local": 4,
        "broadcast": 4,
        "self": 1,
    }


def test_what_a_line_changes_holds_for_the_lines_behind_it(trio):
    lines = b"./FRESH n=1\n./FRESH n=2\nCOMMANDS list=FRESH\n./FRESH n=3\n./FRESH n=4\n"
    heard = b"".join(data for target, data in sent(trio, "A", lines) if target == "A").splitlines()
    assert [decode(line).get("n") for line in heard] == ["3", "4"]


@pytest.mark.parametrize("lines", [b"ALIVE\n", b"ALIVE\n" * 5, b"ALIVE\nnobody/P\n./NOTIFY\nALIVE\n"])
def test_a_line_that_is_read_is_looked_up_once(trio, lines):
    looked_up = 0

    def count(frame, event, _argument):
        nonlocal looked_up
        looked_up += event == "call" and frame.f_code is local_front.find_route.__code__

    sys.setprofile(count)
    try:
        sent(trio, "A", lines)
    finally:
        sys.setprofile(None)
    assert looked_up == lines.count(b"\n")


@pytest.mark.parametrize(
    "lines",
    [
        b"svc_b/P\nsvc_m/P\n" * 10_000,
        b"svc_b/P\n*/NOTIFY\n" * 10_000,
        b"*/NOBODY_HEARS\n" * 20_000,
        b"svc_b/P n=1\nnobody/P\n" * 1_000,
        b"svc_b/P n=1\n" * 50 + b"\n" * 2_000,
    ],
)
def test_many_short_lines_take_turns_and_keep_their_order(trio, lines):
    before = trio.continued
    turns = [data for target, data in sent(trio, "A", lines) if target == "B"]
    assert trio.continued > before
    assert max((data.count(b"\n") for data in turns), default=0) <= LINES_AT_ONCE
    heard = [line.partition(b" ")[2] for line in b"".join(turns).splitlines()]
    assert heard == [line for line in lines.splitlines() if line.startswith((b"svc_b/", b"*/NOTIFY"))]


def test_lines_with_nothing_in_them_are_not_written_anew(trio):
    """The name of the sender before each of them would be ten times as much as they are."""
    lines = b"svc_b/P\n" + b"\n" * 200_000
    tracemalloc.start()
    try:
        trio.router.handle(LinesReceived(trio.links["A"], lines), trio.now)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 6 * len(lines)


@given(st.lists(st.sampled_from([b"\n", b"a\n", b"b/P\n", b"c/P x=" + b"1" * 40 + b"\n"]), min_size=1, max_size=200))
def test_lines_are_counted_however_short_they_are(lines):
    assert count_lines(b"".join(lines)) == len(lines)


# ------------------------------------------------------------------------------------------------------ in a cluster


def of_three():
    """A - b - c; alpha and beta on a, beta on b too, gamma on c."""
    cluster = Cluster(chain("abc"))
    places = {"alpha_a": "a", "beta_a": "a", "beta_b": "b", "gamma_c": "c"}
    voices = {name: cluster.service(host, name[:-2], "NOTE") for name, host in places.items()}
    return cluster, voices


@pytest.fixture(scope="module")
def cluster():
    return of_three()


@pytest.fixture(scope="module")
def still():
    """The same, where no time passes; delta has two versions on a and c, and alpha is about to finish with the old one on a."""
    cluster, voices = of_three()
    canaries = [cluster.service(host, "canary") for host in "ac"]
    for host in "ac":
        cluster.service(host, "delta", service_version="1.0")
        cluster.service(host, "delta", service_version="2.0", role="standby")
    for number, active in ((1, "1.0"), (2, "2.0")):
        for canary in canaries:
            cluster.colour(canary, number, "delta", active, drain_s=1e6)
        cluster.say(voices["alpha_a"], "delta/P n=1")
    return cluster, voices


ADDRESSES = [
    "beta",
    "gamma",
    "a:beta",
    "b:beta",
    "c:gamma",
    "*:gamma",
    "?:gamma",
    ".:gamma",
    ".:beta",
    "*:beta",
    "zz:gamma",
    "nobody",
    "alpha",
    "b:nobody",
    "delta",
    "a:delta",
    "c:delta",
    "b:delta",
    "*:delta",
    ".:delta",
]
LINES = st.builds(
    "{}/{}{}".format,
    st.sampled_from(ADDRESSES),
    st.sampled_from(["P", "QUERY"]),
    st.sampled_from(
        [
            "",
            " n=1",
            ' n="a;b"',
            " trace=t",
            " race=t",
            " deliver=all",
            " to_version=1.0",
            ' deliver="all"',
            " server=all",
            " ack=required",
            " x=1;ack=required;y=2",
            " back=required",
            " hops_left=1",
            " steps_left=1;q=2",
            " ack_id=a-0-1",
            " x=1 ",
            " x=1\r",
        ]
    ),
) | st.sampled_from(
    ["*/NOTE n=1", "./NOTE n=2", "*/NOTE trace=t", "CLOCK_STATUS", "{", "", '{"command":"P","service":"gamma"}']
)


def written(cluster, voices, reads):
    """What reads of alpha make its router write, by link, as messages."""
    board, streams = cluster["a"]._board, {}
    board.received._seen.clear()
    board.balancers.clear()
    for identity, _ in board.pending.take_due(1e9):
        board.pending.take(identity)
    board._messages = 0
    for lines in reads:
        now = Instant(*cluster.hosts["a"].clocks.read())
        due = [LinesReceived(voices["alpha_a"]._link, lines)]
        while due:
            for effect in cluster["a"].handle(due.pop(), now):
                if isinstance(effect, Send):
                    streams[effect.link] = streams.get(effect.link, b"") + effect.data
                elif isinstance(effect, Continue):
                    due.append(Continued(effect.link))
    return {link: [decode(line) for line in stream.split(b"\n") if line] for link, stream in streams.items()}


@given(lines=st.lists(st.tuples(LINES, st.integers(1, 4)), min_size=1, max_size=12), cuts=st.sets(st.integers(1, 30)))
@settings(max_examples=3 * settings.default.max_examples, deadline=None)
def test_a_read_goes_where_its_lines_go_one_by_one(still, lines, cuts):
    cluster, voices = still
    spread = [f"{one}\n".encode() for one, times in lines for _ in range(times)]
    edges = [0, *sorted(cut for cut in cuts if cut < len(spread)), len(spread)]
    reads = [b"".join(spread[start:end]) for start, end in pairwise(edges)]
    assert written(cluster, voices, [b"".join(spread)]) == written(cluster, voices, spread)
    assert written(cluster, voices, reads) == written(cluster, voices, spread)


@pytest.mark.parametrize(
    ("address", "heard", "pinned"),
    [
        ("beta", "beta_a", ""),
        ("a:beta", "beta_a", "a:"),
        ("b:beta", "beta_b", "b:"),
        ("gamma", "gamma_c", "c:"),
        ("*:gamma", "gamma_c", "c:"),
        ("?:gamma", "gamma_c", "c:"),
        ("c:gamma", "gamma_c", "c:"),
        ("*:beta", "beta_a", "*:"),
        ("?:beta", "beta_a", "?:"),
        (".:beta", "beta_a", ".:"),
        (".:gamma", None, ""),
        ("a:gamma", None, ""),
        ("zz:beta", None, ""),
    ],
)
@pytest.mark.parametrize("times", [1, 50])
@pytest.mark.parametrize("how", ["", ";trace=t", ";ack=required"])  # the last two are read
def test_where_a_message_goes_and_how_it_is_addressed_then(cluster, address, heard, pinned, times, how):
    cluster, voices = cluster
    cluster.say(voices["alpha_a"], *[f"{address}/P x=1{how}"] * times)
    voices["alpha_a"].take()
    parameters = ";".join(sorted(f"x=1{how}".split(";")))
    said = {name: lines for name, voice in voices.items() if (lines := voice.take())}
    service = address.rpartition(":")[2]
    assert said == ({heard: [f"<a:alpha {pinned}{service}/P {parameters}"] * times} if heard else {})


@pytest.mark.parametrize("size", [20, 2000])
def test_the_chosen_server_is_written_on_every_line_of_a_read(cluster, size):
    cluster, voices = cluster
    before = len(cluster.wire.lines)
    lines = [f"gamma/P n={number};x={'y' * size}" for number in range(100)]
    cluster.say(voices["alpha_a"], *lines)
    voices["gamma_c"].take()
    crossed = [line for one, _, line in cluster.wire.lines[before:] if one == "a" and b"gamma/P" in line]
    assert crossed == [f"<a:alpha c:{line}\n".encode() for line in lines]


def test_who_is_not_registered_has_no_name_in_the_cluster_either(cluster):
    cluster, voices = cluster
    client = cluster.client("a")
    cluster.say(client, *["gamma/P x=1"] * 3, "<a:alpha gamma/P x=2", "gamma/P trace=t", "*/NOTE x=3")
    assert voices["gamma_c"].take() == [*["c:gamma/P x=1"] * 3, "c:gamma/P x=2", "c:gamma/P trace=t", "*/NOTE x=3"]
    for voice in voices.values():
        voice.take()
    client.leave()


@pytest.mark.parametrize(
    "forged", ["hops_left=1", "hops_left=0", "broadcast_to=a", "ack_id=a-0-1", "broadcast_msgid=c-0-1"]
)
@pytest.mark.parametrize("form", ["c:gamma/P {}", "gamma/P x=1;{}", "gamma/P {};trace=t", "*:gamma/P deliver=all;{}"])
@pytest.mark.parametrize("times", [1, 20])
def test_what_only_routers_write_does_nothing_when_a_service_writes_it(cluster, form, forged, times):
    cluster, voices = cluster
    for _ in range(2):
        cluster.say(voices["alpha_a"], *[form.format(forged)] * times)
        assert len(voices["gamma_c"].take()) == times
    assert not [line for line in voices["alpha_a"].take() if "TRACE_HOP" not in line]


def test_a_route_follows_what_others_tell_of_their_services(cluster):
    cluster, voices = cluster
    late = cluster.service("c", "late")
    cluster.say(voices["alpha_a"], "late/P x=1")
    assert late.take() == ["<a:alpha c:late/P x=1"]
    late.leave()
    cluster.run()
    here = cluster.service("b", "late")
    cluster.say(voices["alpha_a"], "late/P x=2")
    assert here.take() == ["<a:alpha b:late/P x=2"]
    own = cluster.service("a", "late")
    cluster.say(voices["alpha_a"], "late/P x=3")
    assert (own.take(), here.take()) == (["<a:alpha late/P x=3"], [])
    for voice in (here, own):
        voice.leave()
    cluster.run()


def test_what_a_service_may_send_holds_on_every_path():
    cluster = Cluster(chain("ab"), may_send={"alpha": ("gamma/PING", "delta/*")})
    alpha = cluster.service("a", "alpha", "CLOCK_UNSTABLE")
    voices = [cluster.service(host, name, "NOTE") for host, name in (("a", "delta"), ("b", "gamma"), ("b", "epsilon"))]
    allowed = [
        "gamma/PING x=1",
        "delta/ANY x=1",
        "b:gamma/PING x=1",
        "*:gamma/PING deliver=all",
        "gamma/PING ack=required",
    ]
    refused = [
        "gamma/PONG x=1",
        "epsilon/PING x=1",
        "b:epsilon/PING x=1",
        "./NOTE x=1",
        "*/NOTE x=1",
        "gamma/PONG deliver=all",
    ]
    for times in (1, 30):
        cluster.say(alpha, *[line for line in allowed for _ in range(times)], seconds=1)
        assert alpha.take() == []
        assert sum(len(voice.take()) for voice in voices) == times * len(allowed)
        cluster.say(alpha, *[line for line in refused for _ in range(times)], seconds=1)
        assert [line.partition(";message")[0].split()[1:] for line in alpha.take()] == [
            ["INVALID", f"command={line.partition(' ')[0].rpartition('/')[2]}"]
            for line in refused
            for _ in range(times)
        ]
        assert not any(voice.take() for voice in voices)
    cluster.say(alpha, "CLOCK_STATUS")  # the router itself may always be asked
    assert "CLOCK_UNSTABLE" in alpha.take()[0]


@pytest.mark.parametrize("form", ["l:mail/P {}", "mail/P {}", "l:mail/P x=1;{}", "mail/P x=1;{}"])
@pytest.mark.parametrize(
    "forged", ["broadcast_msgid=a-1", "broadcast_timeout=x;broadcast_msgid=a-1", "broadcast_hops=x"]
)
@pytest.mark.parametrize("host", ["a", "b"])
@pytest.mark.parametrize("times", [1, 20])
def test_what_would_end_a_leaf_is_taken_off_when_a_service_writes_it(form, forged, host, times):
    """A - b - l: a C++ router dies of a `broadcast_msgid` that does not come with all the rest."""
    cluster = Cluster([*chain("ab"), ("b", "l")], cpp="l", known_services=frozenset({"mail"}))
    mail = cluster.service("l", "mail")
    voice = cluster.service(host, "svc")
    cluster.say(voice, *[form.format(forged)] * times)
    assert len(mail.take()) == times
    assert not any("broadcast_" in text for _, other, text in cluster.passed("P") if other == "l")
