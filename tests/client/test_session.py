import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.client.identity import Identity
from communicator.client.outcomes import (
    Delivered,
    LineSkipped,
    Outcome,
    Registered,
    RouterLeaves,
    Settled,
    StopAsked,
    Transmit,
)
from communicator.client.session import OWN_COMMANDS, REQUIRED_COMMANDS, Session, State
from communicator.client.status import ClockStatus, ClusterStatus
from communicator.errors import (
    LocalProtocolError,
    MessageRefusedError,
    NoReceiverError,
    NotConnectedError,
    RegistrationRefusedError,
    VersionBlockedError,
)
from communicator.protocol import Message, decode

WALL_NS = 1_795_499_199_416_742_811


class Playbook:
    """A session and what its shell was asked to do, for readable scripts."""

    def __init__(self, *commands, ready=True, role="live", told=b""):
        self.session = Session(Identity("svc_a", role=role), commands, link_id="1f")
        if ready:
            self.hear(b"<peer:communicatord HELP")
            self.hear(b"<peer:communicatord READY my_address=127.0.0.1:4042" + told)

    def hear(self, line):
        return self.session.receive(line, WALL_NS)

    def ask(self, text, *replies):
        return self.session.request(decode(text), replies)[0]


def sent(outcomes):
    return [decode(line) for one in outcomes if isinstance(one, Transmit) for line in one.data.splitlines()]


def test_a_registration_goes_from_register_to_ready_and_asks_for_both_states():
    play = Playbook("PING", ready=False)
    assert decode(play.session.register()) == Message("REGISTER", {"service": "svc_a", "version": "1", "role": "live"})

    (commands,) = sent(play.hear(b"<peer:communicatord HELP"))
    assert (commands.command, commands.destination) == ("COMMANDS", "peer:communicatord")
    listed = set(commands.get("list").split(","))
    assert listed == OWN_COMMANDS | {"PING"}
    assert listed >= REQUIRED_COMMANDS
    assert play.session.state is State.REGISTERING

    outcomes = play.hear(b"<peer:communicatord READY my_address=127.0.0.1:4042")
    assert [message.command for message in sent(outcomes)] == ["CLUSTER_GET_STATUS", "CLOCK_STATUS"]
    assert [type(outcome) for outcome in outcomes[1:]] == [Registered, Delivered]
    assert outcomes[1] == Registered()
    assert (play.session.state, play.session.server_name) == (State.READY, "peer")


def test_a_refused_registration_carries_the_routers_words():
    play = Playbook(ready=False)
    (outcome,) = play.hear(b"<peer:communicatord INVALID command=REGISTER;message=the name is taken")
    assert isinstance(outcome, Registered)
    assert isinstance(outcome.error, RegistrationRefusedError)
    assert (outcome.error.service, outcome.error.reason) == ("svc_a", "the name is taken")
    assert play.session.state is State.REFUSED


@pytest.mark.parametrize(
    ("parameters", "until_s", "probe_allowed"),
    [
        (b"reason=bad;until_s=600;probe_allowed=true", 600.0, True),
        (b"reason=bad;until_s=1.5;probe_allowed=false", 1.5, False),
        (b"reason=bad", None, False),
        (b"reason=bad;until_s=never;probe_allowed=1", None, True),
    ],
)
def test_a_blocked_version_learns_for_how_long(parameters, until_s, probe_allowed):
    play = Playbook(ready=False)
    (outcome,) = play.hear(b"<peer:communicatord VERSION_BLOCKED " + parameters)
    assert isinstance(outcome, Registered)
    error = outcome.error
    assert isinstance(error, VersionBlockedError)
    assert (error.reason, error.until_s, error.probe_allowed) == ("bad", until_s, probe_allowed)


@pytest.mark.parametrize(
    "line",
    [
        b"<peer:mallory READY",
        b"READY",
        b"<peer:mallory VERSION_BLOCKED",
        b"svc_a/VERSION_BLOCKED",
        b"<peer:mallory svc_a/INVALID command=REGISTER",
        b"svc_a/INVALID",
    ],
)
def test_only_a_router_decides_on_a_registration(line):
    play = Playbook(ready=False)
    play.hear(line)
    assert play.session.state is State.REGISTERING


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (
            b"<peer:communicatord ALIVE serial=7;timestamp=1.5",
            b"peer:communicatord/ABSOLUTELY serial=7;timestamp=1.5;reply_timestamp=1795499199.416742811",
        ),
        (b"<peer:svc_b svc_a/ALIVE", b"peer:svc_b/ABSOLUTELY reply_timestamp=1795499199.416742811"),
        (b"ALIVE serial=;x=1", b"ABSOLUTELY reply_timestamp=1795499199.416742811"),
    ],
)
def test_alive_is_answered_in_any_state(line, answer):
    for ready in (True, False):
        assert sent(Playbook(ready=ready).hear(line)) == [decode(answer)]


def test_help_of_another_service_is_answered_to_it():
    (commands,) = sent(Playbook().hear(b"<peer:svc_b svc_a/HELP"))
    assert (commands.command, commands.destination) == ("COMMANDS", "peer:svc_b")


def test_stop_and_the_end_of_the_router_are_told():
    play = Playbook()
    assert play.hear(b"<peer:communicatord STOP") == [StopAsked("peer:communicatord")]
    assert play.hear(b"<peer:svc_b svc_a/QUITTING") == [
        Delivered(
            Message("QUITTING", service="svc_a", sent_from_server="peer", sent_from_service="svc_b"), is_settled=True
        )
    ]
    assert not play.session.is_leaving
    forged = b"<other:communicatord svc_a/QUITTING"
    assert play.hear(forged) == [Delivered(decode(forged), is_settled=True)]
    assert not play.session.is_leaving
    assert play.hear(b"<peer:communicatord DISCONNECTING") == [RouterLeaves()]
    assert play.session.is_leaving


def test_a_bad_line_is_reported_and_the_next_one_is_read():
    play = Playbook()
    (outcome,) = play.hear(b"<peer no\xff")
    assert isinstance(outcome, LineSkipped)
    assert isinstance(play.hear(b"<peer:svc_b svc_a/PING")[0], Delivered)


def test_an_alive_whose_echo_has_no_encoding_is_skipped():
    (outcome,) = Playbook().hear(b'{"command": "ALIVE", "parameters": {"serial": "a;\\\\"}}')
    assert isinstance(outcome, LineSkipped)


WORDS = st.sampled_from(
    (
        *sorted(OWN_COMMANDS | {"PING", "PONG", "VERSION_BLOCKED"}),
        *("<peer:", "<", ":", "communicatord ", "svc_a/", "./", " ", ";", "command=", "REGISTER", "status=failed"),
        *("serial=", "until_s=", "neighbors_count=", "destination_service=", "{", "}", "9" * 400),
        *('"', "\\", "\n", "\0", "é"),
    )
)


@given(st.lists(st.lists(WORDS, max_size=12).map("".join) | st.text(max_size=40), max_size=8), st.booleans())
def test_nothing_a_router_says_raises(lines, ready):
    play = Playbook("PING", ready=ready)
    if ready:
        play.ask(b"svc_b/PING", "PONG")
    for line in lines:
        for outcome in play.hear(line.encode()):
            assert isinstance(outcome, Outcome)


def test_the_state_of_the_cluster_is_recorded_and_kept_current():
    play = Playbook()
    assert play.session.cluster_status is None
    play.hear(
        b"<peer:communicatord CLUSTER_CURRENT_STATUS status=up;completeness=incomplete;"
        b"neighbors_count=3;live_count=2;quorum=2;servers=peer,other"
    )
    assert play.session.cluster_status == ClusterStatus("up", "incomplete", 3, 2, 2, ("peer", "other"))
    assert play.session.cluster_status.is_up
    play.hear(b"<peer:communicatord ./CLUSTER_CURRENT_STATUS status=down;neighbors_count=x")
    assert play.session.cluster_status == ClusterStatus("down")


def test_an_elder_router_is_asked_once_in_its_own_words():
    play = Playbook()
    unknown = b"<peer:communicatord UNKNOWN command=CLUSTER_GET_STATUS"
    assert [message.command for message in sent(play.hear(unknown))] == ["CLUSTER_STATUS"]
    assert sent(play.hear(unknown)) == []
    play.hear(b"<peer:communicatord ./CLUSTER_UP neighbors_count=1")
    play.hear(b"<peer:communicatord ./CLUSTER_COMPLETE neighbors_count=1")
    assert play.session.cluster_status == ClusterStatus("up", "complete", 1)
    play.hear(b"<peer:communicatord ./CLUSTER_DOWN neighbors_count=1")
    assert play.session.cluster_status == ClusterStatus("down", "complete", 1)


def test_the_state_of_the_clock_is_recorded():
    play = Playbook()
    play.hear(b"<peer:communicatord CLOCK_UNSTABLE cache=no;clock_error=invalid")
    assert play.session.clock_status == ClockStatus(is_stable=False, error="invalid")
    play.hear(b"<peer:communicatord ./CLOCK_STABLE clock_resolution=verified")
    assert play.session.clock_status == ClockStatus(is_stable=True, resolution="verified")


@pytest.mark.parametrize("sender", [b"<peer:mallory ", b"<other:communicatord ", b""])
def test_nobody_but_our_own_router_tells_the_states(sender):
    play = Playbook()
    play.hear(sender + b"svc_a/CLOCK_STABLE clock_resolution=verified")
    play.hear(sender + b"svc_a/CLUSTER_UP neighbors_count=9")
    assert (play.session.clock_status, play.session.cluster_status) == (None, None)


def test_a_request_asks_for_a_report_and_lists_its_reply_first():
    play = Playbook()
    _, lines = play.session.request(Message("PING", {"n": "1"}, "svc_b"), ["PONG"])
    commands, ping = (decode(line) for line in lines.splitlines())
    assert "PONG" in commands.get("list").split(",")
    assert commands.destination == ""
    assert ping == Message("PING", {"n": "1", "transmission_report": "failure"}, "svc_b")
    _, lines = play.session.request(Message("PING", service="svc_b"), ["PONG"])
    assert [decode(line).command for line in lines.splitlines()] == ["PING"]


def test_a_request_without_a_proper_reply_is_the_callers_fault():
    play = Playbook()
    with pytest.raises(ValueError, match="name at least one"):
        play.ask(b"svc_b/PING")
    with pytest.raises(ValueError, match="'pong' cannot be"):
        play.ask(b"svc_b/PING", "pong")
    with pytest.raises(LocalProtocolError):
        play.session.request(Message("PING", {"x": "\0"}, "svc_b"), ["PONG"])
    assert not play.session.requests
    with pytest.raises(LocalProtocolError, match="'status' cannot be a command"):
        Playbook("status")


def test_a_reply_settles_its_request_and_a_second_one_is_delivered():
    play = Playbook()
    token = play.ask(b"svc_b/PING", "PONG")
    pong = b"<peer:svc_b svc_a/PONG n=1"
    assert play.hear(pong) == [Settled(token, decode(pong))]
    assert play.hear(pong) == [Delivered(decode(pong))]


def test_an_elder_routers_absolutely_has_no_sender_and_still_answers():
    play = Playbook()
    play.hear(b"<peer:communicatord UNKNOWN command=CLUSTER_GET_STATUS")
    token = play.ask(b"ALIVE serial=123", "ABSOLUTELY")
    (outcome,) = play.hear(b"peer:svc_a/ABSOLUTELY reply_timestamp=1795499199.416742811;serial=123")
    assert isinstance(outcome, Settled)
    assert outcome.token == token


def test_a_status_that_was_asked_for_is_recorded_and_answers():
    play = Playbook()
    token = play.ask(b"CLOCK_STATUS", "CLOCK_STABLE", "CLOCK_UNSTABLE")
    (outcome,) = play.hear(b"<peer:communicatord CLOCK_STABLE clock_resolution=no_ntp")
    assert isinstance(outcome, Settled)
    assert outcome.token == token
    assert play.session.clock_status == ClockStatus(is_stable=True, resolution="no_ntp")


def failure(play, line):
    (outcome,) = play.hear(line)
    assert isinstance(outcome, Settled)
    return outcome.token, outcome.answer


def test_a_message_nobody_receives_fails_its_request_at_once():
    play = Playbook()
    first = play.ask(b"svc_x/PING", "PONG")
    second = play.ask(b"peer:svc_y/PING", "PONG")
    report = (
        b"<peer:communicatord TRANSMISSION_REPORT command=PING;status=failed;"
        b"destination_service=svc_y;destination_server=peer"
    )
    token, error = failure(play, report)
    assert (token, type(error), error.destination, error.command) == (second, NoReceiverError, "peer:svc_y", "PING")
    token, error = failure(play, b"<peer:communicatord TRANSMISSION_REPORT command=PING;status=failed")
    assert (token, error.destination) == (first, "svc_x")


STRANGERS = (b"", b"<peer:mallory ", b"<other:communicatord ", b"<other:svc_x ")


@pytest.mark.parametrize("sender", STRANGERS)
@pytest.mark.parametrize(
    ("asked", "forgery"),
    [
        (b"peer:svc_x/PING", b"svc_a/PONG n=1"),
        (b"peer:svc_x/PING", b"svc_a/INVALID command=PING;message=no"),
        (b"peer:svc_x/PING", b"svc_a/UNKNOWN command=PING"),
        (b"peer:svc_x/PING", b"svc_a/TRANSMISSION_REPORT command=PING;status=failed"),
        (b"peer:svc_x/PING", b"svc_a/SERVICE_UNAVAILABLE unsent_command=PING;destination_service=svc_x"),
        (b"PING", b"svc_a/PONG n=1"),
        (b"PING", b"svc_a/INVALID command=PING;message=no"),
        (b"PING", b"svc_a/UNKNOWN command=PING"),
        (b"PING", b"svc_a/TRANSMISSION_REPORT command=PING;status=failed"),
    ],
)
def test_nobody_answers_or_fails_the_request_of_another(asked, forgery, sender):
    play = Playbook()
    play.ask(asked, "PONG")
    line = sender + forgery
    assert play.hear(line) == [Delivered(decode(line))]
    assert play.session.requests


@pytest.mark.parametrize("sender", STRANGERS)
@pytest.mark.parametrize(("command", "reply"), [(b"ALIVE", "ABSOLUTELY"), (b"HELP", "COMMANDS")])
def test_nobody_answers_for_a_router_that_signs(command, reply, sender):
    play = Playbook()
    play.ask(command, reply)
    play.hear(sender + b"svc_a/UNKNOWN command=CLUSTER_GET_STATUS")
    play.hear(sender + b"svc_a/" + reply.encode())
    assert play.session.requests


def test_a_cached_message_waits_on():
    play = Playbook()
    token = play.ask(b"svc_x/PING", "PONG")
    for sender in STRANGERS:
        play.hear(sender + b"svc_a/TRANSMISSION_REPORT command=PING;status=cached")
    assert not play.session.requests.is_kept(token)
    play.hear(b"<peer:communicatord TRANSMISSION_REPORT command=PING;status=cached")
    assert play.session.requests
    assert play.session.requests.is_kept(token)


def test_service_unavailable_is_no_receiver():
    play = Playbook()
    token = play.ask(b'svc_x/PING cache="no;reply"', "PONG")
    line = b"<peer:communicatord SERVICE_UNAVAILABLE destination_service=svc_x;unsent_command=PING"
    settled, error = failure(play, line)
    assert (settled, type(error)) == (token, NoReceiverError)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"<peer:svc_b svc_a/INVALID command=PING;message=n is missing", "n is missing"),
        (b"<peer:svc_b svc_a/UNKNOWN command=PING", "svc_b does not know this command"),
        (b"<peer:communicatord INVALID command=PING;message=not allowed", "not allowed"),
        (b"<peer:communicatord INVALID command=PING", "communicatord gave no reason"),
    ],
)
def test_a_refused_request_fails_with_the_reason(line, reason):
    play = Playbook()
    token = play.ask(b"svc_b/PING", "PONG")
    settled, error = failure(play, line)
    assert (settled, type(error), error.command, error.reason) == (token, MessageRefusedError, "PING", reason)


def test_a_refusal_by_somebody_else_or_of_something_else_settles_nothing():
    play = Playbook()
    play.ask(b"svc_b/PING", "PONG")
    for line in (b"<peer:svc_c svc_a/UNKNOWN command=PING", b"<peer:svc_b svc_a/UNKNOWN command=PANG"):
        assert play.hear(line) == [Delivered(decode(line))]
    assert play.session.requests


def test_a_caller_may_take_a_refusal_as_an_answer():
    play = Playbook()
    token = play.ask(b"svc_b/PING", "PONG", "INVALID")
    line = b"<peer:svc_b svc_a/INVALID command=PING"
    assert play.hear(line) == [Settled(token, decode(line))]


def test_a_lost_link_fails_what_waits():
    play = Playbook()
    token = play.ask(b"svc_b/PING", "PONG")
    forgotten = play.ask(b"svc_b/PING", "PONG")
    play.session.requests.discard(forgotten)
    (settled,) = play.session.link_lost("reset")
    assert settled.token == token
    assert isinstance(settled.answer, NotConnectedError)
    assert "reset" in str(settled.answer)
    assert play.session.link_lost("again") == []


def test_it_unregisters_by_name():
    assert Playbook().session.unregister() == b"UNREGISTER service=svc_a\n"


@pytest.mark.parametrize(
    ("sender", "tells_health", "is_delivered"),
    [
        (b"<peer:canary ", True, True),
        (b"<peer:canary ", False, False),
        (b"<far:canary ", True, False),
        (b"<peer:communicatord ", True, False),
        (b"", True, False),
    ],
)
def test_only_the_canary_of_this_host_hears_how_a_service_does(sender, tells_health, is_delivered):
    """Whoever else asks whether it lives is answered at once: a name may hang on that."""
    session = Session(Identity("svc_a"), tells_health=tells_health)
    session.receive(b"<peer:communicatord READY my_address=127.0.0.1:4042", WALL_NS)
    [outcome] = session.receive(sender + b"peer:svc_a/ALIVE serial=n1", WALL_NS)
    assert isinstance(outcome, Delivered if is_delivered else Transmit)


KNOWS_IDS = b";features=other/2,correlation/1"


def asked_of(play, message):
    """The request as it is written, without the COMMANDS in front of it."""
    return decode(play.session.request(message, ["PONG"])[1].splitlines()[-1])


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        (b"svc_b/PING", "1f-1"),
        (b"peer:svc_b/PING", "1f-1"),
        (b"*:svc_b/PING", "1f-1"),
        (b"svc_b/PING correlation_id=mine", "mine"),
        (b"communicatord/PING correlation_id=mine", "mine"),
        (b"PING", ""),
        (b"communicatord/PING", ""),
        (b"other:communicatord/PING", ""),
        (b"./PING", ""),
        (b"*/PING", ""),
        (b"?/PING", ""),
    ],
)
def test_a_request_to_a_service_carries_an_id(asked, named):
    assert asked_of(Playbook(told=KNOWS_IDS), decode(asked)).get("correlation_id") == named


@pytest.mark.parametrize("told", [b"", b";features=", b";features=correlation/2"])
def test_a_router_that_does_not_say_so_gets_no_id(told):
    assert asked_of(Playbook(told=told), Message("PING", service="svc_b")).get("correlation_id") == ""


def test_who_is_no_router_cannot_say_that_ids_are_known():
    play = Playbook()
    play.hear(b"<peer:svc_b svc_a/READY features=correlation/1")
    play.hear(b"<peer:communicatord READY features=correlation/1;role=shadow")
    assert asked_of(play, Message("PING", service="svc_b")).get("correlation_id") == ""
    assert play.session.role == "live"


@pytest.mark.parametrize(
    "reply",
    [
        b"<peer:svc_b svc_a/PONG correlation_id=1f-%d",
        b"<peer:svc_b svc_a/INVALID command=PING;message=no;correlation_id=1f-%d",
        b"<peer:communicatord INVALID command=PING;message=no;correlation_id=1f-%d",
        b"<peer:svc_b svc_a/UNKNOWN command=PING;correlation_id=1f-%d",
        b"<peer:communicatord TRANSMISSION_REPORT command=PING;status=failed;correlation_id=1f-%d",
        b"<peer:communicatord SERVICE_UNAVAILABLE unsent_command=PING;correlation_id=1f-%d",
    ],
)
def test_an_id_says_which_of_equal_requests_is_settled(reply):
    play = Playbook(told=KNOWS_IDS)
    first, second, third = (play.ask(b"svc_b/PING", "PONG") for _ in range(3))
    for number, token in ((2, second), (3, third), (1, first)):
        (outcome,) = play.hear(reply % number)
        assert (type(outcome), outcome.token) == (Settled, token)


def test_a_kept_request_is_told_by_its_id():
    play = Playbook(told=KNOWS_IDS)
    first, second = (play.ask(b"svc_b/PING", "PONG") for _ in range(2))
    play.hear(b"<peer:communicatord TRANSMISSION_REPORT command=PING;status=cached;correlation_id=1f-2")
    assert (play.session.requests.is_kept(first), play.session.requests.is_kept(second)) == (False, True)


@pytest.mark.parametrize(
    "late",
    [
        b"<peer:svc_b svc_a/PONG correlation_id=1f-1",
        b"<peer:svc_b svc_a/PONG correlation_id=00-2",
        b"<peer:svc_b svc_a/INVALID command=PING;correlation_id=1f-1",
        b"<peer:communicatord SERVICE_UNAVAILABLE unsent_command=PING;correlation_id=1f-1",
        b"<peer:communicatord TRANSMISSION_REPORT command=PING;status=failed;correlation_id=1f-1",
        b"<peer:svc_c svc_a/PONG correlation_id=1f-2",
        b"<peer:svc_b svc_a/PANG correlation_id=1f-2",
    ],
)
def test_what_is_late_or_of_somebody_else_settles_nothing(late):
    play = Playbook(told=KNOWS_IDS)
    play.session.requests.discard(play.ask(b"svc_b/PING", "PONG"))
    play.ask(b"svc_b/PING", "PONG")
    assert play.hear(late) == [Delivered(decode(late))]
    assert play.session.requests


def test_a_reply_without_an_id_answers_the_oldest_request():
    play = Playbook(told=KNOWS_IDS)
    tokens = [play.ask(b"svc_b/PING", "PONG") for _ in range(2)]
    assert [play.hear(b"<peer:svc_b svc_a/PONG")[0].token for _ in tokens] == tokens


def test_ids_that_callers_write_twice_are_told_apart_by_who_was_asked():
    play = Playbook(told=KNOWS_IDS)
    to_b, to_c = (play.ask(b"svc_%c/PING correlation_id=mine" % name, "PONG") for name in b"bc")
    assert play.hear(b"<peer:svc_c svc_a/PONG correlation_id=mine")[0].token == to_c
    assert play.hear(b"<peer:svc_b svc_a/PONG correlation_id=mine")[0].token == to_b
    assert isinstance(play.hear(b"<peer:svc_b svc_a/PONG correlation_id=mine")[0], Delivered)


class Asked:
    """Requests to two services: svc_b repeats IDs and answers in any order, svc_c repeats none and keeps to the order."""

    def __init__(self):
        self.play = Playbook(told=KNOWS_IDS)
        self.lines = {}
        self.waiting = set()
        self.unanswered = {"svc_b": [], "svc_c": []}

    def ask(self, service):
        token, lines = self.play.session.request(Message("PING", {"n": str(len(self.lines))}, service), ["PONG"])
        self.lines[token] = decode(lines.splitlines()[-1])
        self.waiting.add(token)
        self.unanswered[service].append(token)

    def give_up(self, pick):
        """A request of svc_b times out; its answer is still to come."""
        for token in self.unanswered["svc_b"][pick : pick + 1]:
            self.play.session.requests.discard(token)
            self.waiting.discard(token)

    def answer(self, service, pick, text):
        """One of them is answered, by itself or by the router."""
        tokens = self.unanswered[service]
        if not tokens:
            return
        token = tokens.pop(pick % len(tokens) if service == "svc_b" else 0)
        asked = self.lines[token]
        named = f"correlation_id={asked.get('correlation_id')};" if service == "svc_b" else ""
        (outcome,) = self.play.hear(text.format(service=service, named=named, n=asked.get("n")).encode())
        if token not in self.waiting:
            assert isinstance(outcome, Delivered)
            return
        self.waiting.discard(token)
        assert (type(outcome), outcome.token) == (Settled, token)
        assert isinstance(outcome.answer, NoReceiverError) or outcome.answer.get("n") == asked.get("n")


ANSWERS = (
    "<peer:{service} svc_a/PONG {named}n={n}",
    "<peer:communicatord TRANSMISSION_REPORT {named}command=PING;status=failed;destination_service={service}",
)
SERVICES = st.sampled_from(("svc_b", "svc_c"))
PICKS = st.integers(0, 7)
STEPS = (
    st.tuples(st.just("ask"), SERVICES)
    | st.tuples(st.just("give_up"), PICKS)
    | st.tuples(st.just("answer"), SERVICES, PICKS, st.sampled_from(ANSWERS))
)


@given(st.lists(STEPS, max_size=80))
def test_no_reply_is_swapped(steps):
    asked = Asked()
    for step, *arguments in steps:
        getattr(asked, step)(*arguments)
    assert bool(asked.play.session.requests) == bool(asked.waiting)


@pytest.mark.parametrize(
    ("registered", "told", "role"),
    [
        ("live", b"", "live"),
        ("live", b";role=shadow", "shadow"),
        ("shadow", b"", "shadow"),
        ("standby", b"", "standby"),
    ],
)
def test_what_marks_a_copy_reaches_shadows_only(registered, told, role):
    play = Playbook("PING", role=registered, told=told)
    assert play.session.role == role
    (outcome,) = play.hear(b"<peer:svc_b svc_a/PING correlation_id=7;n=1;shadow=1;shadow_id=k-1")
    marks = {"shadow": "1", "shadow_id": "k-1"} if role == "shadow" else {}
    assert outcome.message.parameters == {"correlation_id": "7", "n": "1", **marks}
    assert outcome.message.is_shadow is (role == "shadow")
    (unmarked,) = play.hear(b"<peer:svc_b svc_a/PING n=1")
    assert not unmarked.message.is_shadow


def test_a_forged_mark_settles_no_less():
    play = Playbook(told=KNOWS_IDS)
    token = play.ask(b"svc_b/PING", "PONG")
    (outcome,) = play.hear(b"<peer:svc_b svc_a/PONG correlation_id=1f-1;shadow=1;shadow_id=x")
    assert (outcome.token, outcome.answer.parameters) == (token, {"correlation_id": "1f-1"})


READY_OF_ELDERS = re.compile(rb"<<<  b'(<[a-z]+:communicatord READY [^\\]*)")
TRANSCRIPTS = Path(__file__).parents[1] / "transcripts"


def test_to_a_router_that_greets_as_the_ancestor_does_nothing_more_is_said():
    """Before there were IDs, this is what a request was; nothing of it may change."""
    recorded = [line for page in TRANSCRIPTS.rglob("*.md") for line in READY_OF_ELDERS.findall(page.read_bytes())]
    assert recorded
    for ready in recorded:
        play = Playbook(ready=False)
        play.hear(ready)
        assert play.session.state is State.READY
        for _ in range(2):
            line = play.session.request(Message("PING", {"n": "1"}, "svc_b"), ["PONG"])[1].splitlines()[-1]
            assert line == b"svc_b/PING n=1;transmission_report=failure"
