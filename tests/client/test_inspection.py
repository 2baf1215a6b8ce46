"""Checks applied to one conversation, without a link: what is refused, counted, logged, and what is left alone."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from communicator.client.identity import Identity
from communicator.client.inspection import REASON_CHARACTERS, Inspection
from communicator.client.outcomes import Delivered, Settled, StopAsked, Transmit
from communicator.client.session import Session
from communicator.errors import ClientError, FaultyReplyError, LocalProtocolError
from communicator.protocol import Message, decode

WALL_NS = 1_795_499_199_416_742_811
GREETING = (b"<peer:communicatord HELP", b"<peer:communicatord READY my_address=127.0.0.1:4042")
ELDER = b"<peer:communicatord UNKNOWN command=CLUSTER_GET_STATUS"


class Conversation:
    """A session that is READY, and the inspection of its client."""

    def __init__(self, checks):
        self.session = Session(Identity("svc_a"))
        self.inspection = Inspection(checks)
        for line in GREETING:
            self.hear(line)

    def hear(self, line):
        return self.inspection.receive(self.session, line, WALL_NS)

    def ask(self, text, *replies):
        return self.session.request(decode(text), replies)[0]


def plain_outcomes(*lines):
    session = Session(Identity("svc_a"))
    for line in GREETING:
        session.receive(line, WALL_NS)
    return [session.receive(line, WALL_NS) for line in lines]


FAULTY = [
    (b"<peer:svc_b svc_a/PRINT copies=0", "peer:svc_b"),
    (b"<far:svc_b svc_a/PRINT color=red", "far:svc_b"),
    (b"<far:communicatord svc_a/PRINT copies=0", "far:communicatord"),
    (b"<peer:svc_b svc_a/PRINTED", "peer:svc_b"),
    (b"<peer:svc_b far:svc_a/PAPER", "peer:svc_b"),
    (b"<peer:svc_b ./PRINT copies=0", None),  # a broadcast
    (b"<peer:svc_b */PRINT copies=0", None),
    (b"<peer:svc_b ./PAPER nonsense=1", None),
    (b"<peer:svc_b PRINT copies=0", None),  # addressed to nobody
    (b"svc_a/PRINT copies=0", None),  # its sender never registered
    (b"<peer:svc_b svc_a/CLOCK_STABLE nonsense=1", None),  # what the library understands by itself is never answered so
]
"""What is heard, and who is told INVALID."""

UNCHECKED = [
    b"<peer:svc_b svc_a/PRINT copies=1;cache=no",
    b"<peer:svc_b svc_a/NOTE nonsense=1",
    b"<peer:communicatord svc_a/PRINT copies=0",
    b"<peer:communicatord CLOCK_STABLE nonsense=1",
    b"<peer:svc_b svc_a/INVALID nonsense=1",
    b"<peer:svc_b svc_a/UNKNOWN nonsense=1",
    b"svc_a/INVALID nonsense=1",
    b"<peer:svc_b svc_a/HELP nonsense=1",
    b"<peer:svc_b svc_a/STOP nonsense=1",
    b"<peer:svc_b svc_a/ALIVE nonsense=1",
    b"<peer nonsense",
]


@pytest.mark.parametrize(("line", "told"), FAULTY)
def test_what_is_faulty_is_refused_where_checks_are_enforced(checks, line, told):
    talk = Conversation(checks("enforce"))
    answers = [decode(outcome.data) for outcome in talk.hear(line) if isinstance(outcome, Transmit)]
    assert [(answer.command, answer.destination) for answer in answers] == ([("INVALID", told)] if told else [])
    assert all(answer.get("command") == decode(line).command and answer.get("message") for answer in answers)
    assert talk.inspection.faulty_messages == 1
    assert not [outcome for outcome in talk.hear(line) if not isinstance(outcome, Transmit)]


@pytest.mark.parametrize(("line", "_told"), FAULTY)
def test_what_is_faulty_passes_in_debug_and_is_logged_and_counted(checks, caplog, line, _told):
    talk = Conversation(checks("debug"))
    (outcome,) = talk.hear(line)
    assert [[outcome]] == plain_outcomes(line)
    assert outcome.message == decode(line)
    assert talk.inspection.faulty_messages == 1
    (record,) = caplog.records
    assert (record.event, record.fields["direction"]) == ("message_faulty", "in")
    assert record.fields["command"] == decode(line).command
    assert record.fields["peer"] == (decode(line).sender or "unknown")
    assert record.fields["reason"]


@pytest.mark.parametrize("checking", ["debug", "enforce"])
@pytest.mark.parametrize("line", UNCHECKED)
def test_what_is_well_or_not_for_us_to_judge_is_left_alone(checks, caplog, checking, line):
    talk = Conversation(checks(checking))
    heard = talk.hear(line)
    assert [repr(outcome) for outcome in heard] == [repr(outcome) for outcome in plain_outcomes(line)[0]]
    assert heard
    assert (talk.inspection.faulty_messages, caplog.messages) == (0, [])


def test_the_sender_is_told_what_is_wrong(checks):
    (answer,) = Conversation(checks("enforce")).hear(b"<far:svc_b svc_a/PRINT copies=100")
    assert decode(answer.data).get("message") == "parameter copies: '100' is not an integer from 1 to 99"


def test_a_long_reason_is_cut(definitions, checks):
    names = [f"field_{number:02}_{'x' * 50}" for number in range(30)]
    (definitions / "FORM.conf").write_text("".join(f"[{name}]\nflags = optional\n" for name in names))
    (answer,) = Conversation(checks("enforce")).hear(b"<far:svc_b svc_a/FORM nonsense=1")
    reason = decode(answer.data).get("message")
    assert (len(reason), reason[-1]) == (REASON_CHARACTERS + 1, "…")


def test_a_request_whose_reply_is_faulty_ends_at_once(checks):
    talk = Conversation(checks("enforce"))
    token = talk.ask(b"svc_b/PRINT", "PRINTED")
    told, settled = talk.hear(b"<peer:svc_b svc_a/PRINTED pages=many")
    assert (decode(told.data).command, decode(told.data).destination) == ("INVALID", "peer:svc_b")
    assert (settled.token, type(settled.answer)) == (token, FaultyReplyError)
    error = settled.answer
    assert (error.reply, error.sender) == ("PRINTED", "peer:svc_b")
    assert str(error) == f"the reply PRINTED of 'peer:svc_b' is faulty: {error.reason}"
    assert "'many' is not an integer" in error.reason
    assert isinstance(error, ClientError)
    assert isinstance(error, ValueError)
    assert not talk.session.requests


def test_a_reply_that_may_not_be_refused_ends_its_request_all_the_same(checks):
    talk = Conversation(checks("enforce"))
    talk.ask(b"svc_b/ALIVE", "ABSOLUTELY")
    (settled,) = talk.hear(b"<peer:svc_b svc_a/ABSOLUTELY nonsense=1")
    assert isinstance(settled.answer, FaultyReplyError)


@pytest.mark.parametrize(
    ("checking", "question", "reply", "faulty"),
    [
        ("debug", b"svc_b/PRINT", b"<peer:svc_b svc_a/PRINTED pages=many", 1),
        ("debug", b"svc_b/PRINT", b"<peer:svc_b svc_a/PRINTED pages=1", 0),
        ("enforce", b"svc_b/PRINT", b"<peer:svc_b svc_a/PRINTED pages=1", 0),
        ("enforce", b"svc_b/PRINT", b"<peer:svc_b svc_a/INVALID nonsense=1", 0),
        ("enforce", b"svc_b/PRINT", b"<peer:svc_b svc_a/UNKNOWN nonsense=1", 0),
        ("enforce", b"LOADAVG", b"<peer:communicatord svc_a/LOADAVG nonsense=1", 0),
        ("enforce", b"HELP", b"COMMANDS nonsense=1", 0),  # of an elder router, which does not sign it
    ],
)
def test_replies_that_are_passed_on(checks, checking, question, reply, faulty):
    talk = Conversation(checks(checking))
    talk.hear(ELDER)
    token = talk.ask(question, decode(reply).command)
    assert talk.hear(reply) == [Settled(token, decode(reply))]
    assert talk.inspection.faulty_messages == faulty


def test_only_an_elder_router_may_leave_its_name_out(checks):
    talk = Conversation(checks("enforce"))
    assert talk.hear(b"COMMANDS nonsense=1") == []
    talk.hear(ELDER)
    assert talk.hear(b"COMMANDS nonsense=1") == [Delivered(decode(b"COMMANDS nonsense=1"))]
    assert talk.hear(b"svc_a/PRINT copies=0") == []


@pytest.mark.parametrize(
    ("message", "server", "reason"),
    [
        (Message("PRINT", {"copies": "0"}, "svc_b"), "", "parameter copies: '0' is not an integer from 1 to 99"),
        (Message("PRINTED", {}, "svc_b"), "alpha", "parameter pages is missing"),
        (Message("PAPER", {}, "."), "alpha", "PAPER may not be broadcast"),
        (Message("PAPER", {}, "svc_b", "beta"), "alpha", "PAPER stays on its host: it may not be sent to 'beta'"),
    ],
)
def test_what_is_faulty_is_not_sent_where_checks_are_enforced(checks, caplog, message, server, reason):
    enforced, tolerant = Inspection(checks("enforce")), Inspection(checks("debug"))
    with pytest.raises(LocalProtocolError) as caught:
        enforced.check_sent(message, server)
    assert str(caught.value) == f"{message.command} may not be sent: {reason}"
    assert caplog.messages == []
    tolerant.check_sent(message, server)
    (record,) = caplog.records
    assert record.fields == {
        "direction": "out",
        "command": message.command,
        "peer": message.destination,
        "count": 1,
        "reason": reason,
    }
    assert (enforced.faulty_messages, tolerant.faulty_messages) == (1, 1)


@pytest.mark.parametrize("checking", ["debug", "enforce"])
def test_what_is_well_is_sent(checks, caplog, checking):
    inspection = Inspection(checks(checking))
    for message in (Message("PRINT", {"copies": "1"}, "svc_b"), Message("NOTE", {"x": ""}), Message("PAPER")):
        inspection.check_sent(message, "alpha")
    assert (inspection.faulty_messages, caplog.messages) == (0, [])


def test_faults_without_end_do_not_fill_the_log(checks, caplog):
    talk = Conversation(checks("debug"))
    for _ in range(1000):
        talk.hear(b"<peer:svc_b svc_a/PRINT copies=0")
        talk.inspection.check_sent(Message("PRINT", {"copies": "0"}, "svc_b"), "peer")
    talk.hear(b"<peer:svc_b svc_a/PRINTED")
    assert [record.fields["direction"] for record in caplog.records].count("out") == 10
    assert [record.fields["count"] for record in caplog.records if record.fields["command"] == "PRINTED"] == [1]
    assert len(caplog.records) == 21
    assert talk.inspection.faulty_messages == 2001


@pytest.mark.parametrize("checking", ["debug", "enforce"])
def test_a_secret_is_not_shown(checks, caplog, checking):
    talk = Conversation(checks(checking))
    outcomes = talk.hear(b"<peer:svc_b svc_a/PRINT password=Hunter2")
    told = [decode(outcome.data).get("message") for outcome in outcomes if isinstance(outcome, Transmit)]
    assert told == (["parameter password: its value is not of the form [a-z]+"] if checking == "enforce" else [])
    assert "its value is not" in caplog.text
    assert "Hunter2" not in caplog.text


LINES = st.builds(
    lambda sender, to, rest: (sender + to + rest).encode(),
    st.sampled_from(["", "<peer:svc_b ", "<far:svc_b ", "<peer:communicatord ", "<far:communicatord "]),
    st.sampled_from(["", "svc_a/", "peer:svc_a/", "far:svc_a/", "./", "*/"]),
    st.one_of(
        st.sampled_from(
            ["PRINT", "PRINT copies=1", "PRINT copies=0", "PRINTED", "PRINTED pages=1", "PAPER", "PAPER x=1"]
        ),
        st.sampled_from(
            ["INVALID x=1", "UNKNOWN command=PRINT", "STOP", "HELP", "READY x=1", "CLOCK_STABLE x=1", "NOTE"]
        ),
    ),
)


@given(st.lists(LINES, max_size=12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_debug_changes_nothing_and_enforce_tells_only_what_is_well(checks, lines):
    judge = checks("debug")
    tolerant, strict = Conversation(judge), Conversation(checks("enforce"))
    for line in [*lines, b"<peer:svc_b svc_a/STOP"]:
        plain, kept = tolerant.hear(line), strict.hear(line)
        faulty = [one for one in plain if one not in kept]
        assert all(isinstance(one, Delivered) for one in faulty)
        assert all(isinstance(one, Transmit) for one in kept if one not in plain)
        for one in kept:
            if isinstance(one, Delivered) and one.message.command not in ("INVALID", "UNKNOWN"):
                is_well = not judge.fault(one.message, strict.session.server_name)
                assert is_well or strict.session.is_from_router(one.message)
    assert kept == plain == [StopAsked("peer:svc_b")]
    assert tolerant.inspection.faulty_messages == strict.inspection.faulty_messages
