import pytest

from canary.evidence.kinds import Kind
from canary.evidence.words import ReportWord, RunEndedWord, RunStartedWord
from canary.wire import read_end, read_offset, read_report, read_start
from communicator.errors import RemoteProtocolError
from communicator.protocol import Message

FULL = {
    "run_id": "r1",
    "service": "ping",
    "service_version": "1:2.0~rc1-3",
    "build": "abc",
    "role": "probe",
    "pid": "4711",
    "config_hash": "0f",
}


def test_a_beginning_as_a_word():
    assert read_start(Message("RUN_STARTED", FULL), 5.0) == RunStartedWord(
        run_id="r1",
        service="ping",
        at_s=5.0,
        version="1:2.0~rc1-3",
        build="abc",
        role="probe",
        pid=4711,
        config_hash="0f",
    )
    assert read_start(Message("RUN_STARTED", {"run_id": "r1", "service": "ping"}), 5.0).role == "live"
    told = {"run_id": "r1", "service": "ping", "user": "alice"}
    assert read_start(Message("RUN_STARTED", told), 5.0).user == "alice"
    assert read_start(Message("RUN_STARTED", told), 5.0).by_owner is False
    assert read_start(Message("RUN_STARTED", told | {"by_owner": "true"}), 5.0).by_owner is True


@pytest.mark.parametrize(
    "change",
    [
        {"pid": "0"},
        {"pid": str(2**31)},
        {"pid": "many"},
        {"run_id": ""},
        {"service": ""},
        {"build": "b" * 257},
        {"config_hash": "f" * 257},
    ],
)
def test_what_is_no_beginning(change):
    with pytest.raises(RemoteProtocolError):
        read_start(Message("RUN_STARTED", FULL | change), 5.0)


def test_an_end_as_a_word():
    ended = read_end(Message("RUN_ENDED", {"run_id": "r1", "reason": "eaten"}), 5.0)
    assert ended == RunEndedWord(run_id="r1", reason="eaten", at_s=5.0)
    with pytest.raises(RemoteProtocolError):
        read_end(Message("RUN_ENDED", {"run_id": "r1"}), 5.0)


def test_a_refusal_as_a_word():
    told = {name: FULL[name] for name in ("run_id", "service", "service_version", "build", "role", "pid")}
    assert read_end(Message("RUN_ENDED", told | {"reason": "blocked"}), 5.0) == RunEndedWord(
        run_id="r1", reason="blocked", at_s=5.0, service="ping", version="1:2.0~rc1-3", build="abc", pid=4711
    )
    with pytest.raises(RemoteProtocolError):
        read_end(Message("RUN_ENDED", told | {"reason": "blocked", "pid": "0"}), 5.0)


REPORT = {
    "service": "ping",
    "run_id": "r1",
    "pid": "4711",
    "kind": "start-Timeout",
    "exit_code": "255",
    "signal": "9",
    "message": "not ready after 90 s",
    "service_version": "2.0",
    "build": "abc",
}


def report(parameters, sender="bellwether_7", server="alpha"):
    return read_report(Message("RUN_REPORT", parameters, "canary", "", server, sender), "alpha", 5.0)


def test_a_report_with_everything():
    assert report(REPORT) == ReportWord(
        service="ping",
        kind=Kind.START_TIMEOUT,
        at_s=5.0,
        source="supervisor",
        run_id="r1",
        pid=4711,
        exit_code=255,
        signal=9,
        message="not ready after 90 s",
        version="2.0",
        build="abc",
    )


def test_a_report_that_says_little():
    told = report({"service": "ping", "kind": "crash"}, sender="", server="")
    assert told == ReportWord(service="ping", kind=Kind.CRASH, at_s=5.0, source="supervisor")


@pytest.mark.parametrize(("sender", "source"), [("ping", "service"), ("pong", "supervisor"), ("", "supervisor")])
def test_who_reports(sender, source):
    assert report(REPORT, sender).source == source


def test_of_what_is_said_for_people_the_beginning_is_enough():
    assert report(REPORT | {"message": "x" * 1000}).message == "x" * 256


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"service": ""}, "parameter service is missing"),
        ({"kind": ""}, "parameter kind is missing"),
        ({"kind": "BOREDOM"}, "parameter kind: 'BOREDOM' is not known"),
        ({"pid": "0"}, "parameter pid: 0 is not between 1 and 2147483647"),
        ({"exit_code": "256"}, "parameter exit_code: 256 is not between 0 and 255"),
        ({"exit_code": "-1"}, "parameter exit_code: -1 is not"),
        ({"signal": "65"}, "parameter signal: 65 is not between 1 and 64"),
        ({"signal": "TERM"}, "'TERM' is not an integer"),
        ({"run_id": "r" * 257}, "parameter run_id is longer"),
        ({"service_version": "9" * 257}, "parameter service_version is longer"),
        ({"build": "9" * 257}, "parameter build is longer"),
    ],
)
def test_what_is_no_report(change, words):
    with pytest.raises(RemoteProtocolError, match=words):
        report(REPORT | change)


def test_runs_of_this_server_are_reported_from_this_server():
    with pytest.raises(RemoteProtocolError, match="runs of 'alpha' are reported from there, not from 'beta'"):
        report(REPORT, server="beta")


def test_offsets():
    assert read_offset(Message("CANARY_GET_REPORT")) == 0
    assert read_offset(Message("CANARY_GET_REPORT", {"offset": "200"})) == 200


@pytest.mark.parametrize("offset", ["-1", "x", ""])
def test_what_is_no_offset(offset):
    with pytest.raises(RemoteProtocolError):
        read_offset(Message("CANARY_GET_REPORT", {"offset": offset}))
