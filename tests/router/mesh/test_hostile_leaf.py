"""Whatever a C++ router says: our routers go on, no other C++ router dies of it, and nobody is taken for one of ours."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communicator.protocol.line_form import decode
from communicator.router.path.table import HANDLERS
from communicator.router.vocabulary.authority import OF_THE_SUITE, RULES
from communicator.router.vocabulary.events import LinesReceived, LinkKind, LinkOpened
from simulation.mixed import UNDERSTOOD, Cast, Mixed

SUITE = ("timekeeper", "canary")
CAST = Cast(kinds="bbcp", services={"svc": "abcd"}, files={"svc": "c"})
"""Ours are a and b; c speaks, and d is one more C++ router."""
OURS = ("a", "b")
STRANGER = 1_000_000
"""The number of a link that somebody opens who has yet to say who he is."""

servers = st.sampled_from(["", "a", "b", "c", "d", "nobody"])
services = st.sampled_from(["svc", "cli_a", "communicatord", "mail", *SUITE])
senders = st.one_of(
    st.just(""), st.builds("<{}:{} ".format, st.sampled_from(["a", "b", "c", "d", "nobody", "evil"]), services)
)
targets = st.builds(
    "{}{}".format,
    st.sampled_from(["", "", ":", ".:", "*:", "?:", "a:", "b:", "c:", "d:", "nobody:"]),
    st.sampled_from(["", "svc/", "communicatord/", "*/", "?/", "./", "mail/", *(f"{name}/" for name in SUITE)]),
)
commands = st.one_of(
    st.sampled_from(["PAYLOAD", "NOTIFY"]),
    st.sampled_from(sorted(OF_THE_SUITE)),
    st.sampled_from(sorted({*RULES, *HANDLERS})),
)
addresses = st.sampled_from(
    ["10.9.0.1:4042", "10.9.0.3:4042", "10.9.0.4:4042", "10.9.0.9:4042", "10.9.0.9", "[::1]:4042", "host:1", "1.2.3:4"]
)
odd = st.one_of(
    st.sampled_from(
        ["", "0", "1", "-1", "5", "1e3", "٣", "9" * 30, ",,", "*", "a", "a,b", "b,", "x-000000000000-1", "true"]
    ),
    st.sampled_from(
        ["10.9.0.1", "10.9.0.1,10.9.0.2", "10.9.0.3", " 10.9.0.4 ,x", "1795500010", "1795600000", "required"]
    ),
    st.sampled_from(["all", "failure", "no_reply", '"{\\"server\\":\\"c\\"}"', '"[]"', '"{}"', "svc", "timekeeper"]),
    addresses,
    st.text(st.characters(min_codepoint=32, exclude_characters='";\\', max_codepoint=0x2FF), max_size=8),
)
names = st.one_of(
    st.sampled_from(["broadcast_msgid", "broadcast_hops", "broadcast_timeout", "broadcast_informed_neighbors"]),
    st.sampled_from(
        ["broadcast_originator", "secure_remote", "hops_left", "broadcast_to", "ack", "ack_id", "trace", "deliver"]
    ),
    st.sampled_from(
        ["transmission_report", "cache", "my_address", "server_name", "neighbors", "services", "list", "ip"]
    ),
    st.sampled_from(
        ["records", "known", "report", "policy", "service", "command", "message_id", "status", "version", "ips"]
    ),
)
FLOODED = {
    "broadcast_msgid": "x-1",
    "broadcast_hops": "1",
    "broadcast_informed_neighbors": "10.9.0.3",
    "broadcast_timeout": "1795600000",
    "broadcast_originator": "10.9.0.3",
}


@st.composite
def lines(draw):
    """A line such as no C++ router would say; ``n`` is in each."""
    spread = FLOODED | {"broadcast_msgid": f"x-{draw(st.integers(1, 4))}"} if draw(st.booleans()) else {}
    parameters = {"n": "1"} | spread | draw(st.dictionaries(names, odd, max_size=4))
    said = ";".join(f"{name}={value}" for name, value in parameters.items())
    return f"{draw(senders)}{draw(targets)}{draw(commands)} {said}\n".encode()


introductions = st.builds(
    "CONNECT version=1;server_name={};my_address={};neighbors={};services={}\n".format,
    st.sampled_from(["evil", "c", "b", "", "x y"]),
    addresses,
    st.lists(st.one_of(addresses, odd), max_size=3).map(",".join),
    odd,
).map(str.encode)


class Hostile:
    """A cluster at rest, in which c says what it likes."""

    def __init__(self):
        self.cluster = Mixed(CAST)
        self.cluster.settle()
        for host in OURS:
            for service in SUITE:
                self.cluster.join(host, service, ",".join((UNDERSTOOD, *sorted(OF_THE_SUITE))))
        self.cluster.run(1.0)
        self.known = self.word_of_ours()
        self.cluster.heard = []

    def boards(self):
        return [self.cluster.nodes[host].core._board for host in OURS]

    def word_of_ours(self):
        return [
            (
                board.mesh.database.links()[one].features,
                board.policy.policy,
                board.clock.word,
                len(board.run_budget.ends),
            )
            for board in self.boards()
            for one in OURS
        ]

    def link_of_c(self, host):
        return next((link for link, (far, _) in self.cluster.nodes[host].far.items() if far.name == "c"), None)

    def say(self, host, line, link=None):
        """Hand a line to one of ours as if c had written it; on a link of its own if that is told."""
        link = self.link_of_c(host) if link is None else link
        if link is not None:
            self.cluster._tell(self.cluster.nodes[host], LinesReceived(link, line))
            self.cluster._work()

    def judge(self):
        """Nobody was taken for one of ours, the suite was not spoken to, and it is as it was."""
        for heard in self.cluster.heard:
            message = decode(heard.line)
            if message.get("n"):
                assert message.sent_from_server not in OURS, heard
            if heard.client in SUITE:
                assert message.command not in OF_THE_SUITE or not message.get("n"), heard
        assert self.word_of_ours() == self.known


@settings(max_examples=30)
@given(st.lists(st.tuples(st.sampled_from(OURS), lines()), min_size=1, max_size=40))
def test_whatever_a_leaf_says_nobody_dies_or_is_deceived(said):
    hostile = Hostile()
    for host, line in said:
        hostile.say(host, line)
    hostile.cluster.run(12.0)
    hostile.judge()


@settings(max_examples=20)
@given(introductions, st.lists(lines(), max_size=10))
def test_whoever_introduces_himself_as_a_leaf_nobody_dies_of_it(introduction, said):
    hostile = Hostile()
    node = hostile.cluster.nodes["a"]
    hostile.cluster._tell(node, LinkOpened(STRANGER, LinkKind.REMOTE, "10.9.0.9:50000"))
    for line in (introduction, *said):
        hostile.say("a", line, STRANGER)
    hostile.cluster.run(75.0)
    hostile.judge()


@pytest.mark.parametrize("sender", ["", "<c:communicatord ", "<c:svc ", "<nobody:svc "])
@pytest.mark.parametrize("host", OURS)
def test_what_ends_a_cpp_router_is_not_passed_on_to_one(host, sender):
    hostile = Hostile()
    said = ";".join(f"{name}={value}" for name, value in FLOODED.items())
    hostile.say(host, f"{sender}d:communicatord/UNREGISTER_FROM_LOADAVG n=1;{said}\n".encode())
    assert hostile.cluster.nodes["d"].core is not None
    assert hostile.boards()[OURS.index(host)].statistics.dropped["acl"] == 1
