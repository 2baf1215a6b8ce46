import pytest

from canary.runs import Run, Version
from canary.wire import read_offset, read_run_ended, read_run_started
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


def test_a_run_with_everything():
    assert read_run_started(Message("RUN_STARTED", FULL), 5.0) == Run(
        run_id="r1",
        version=Version("ping", "1:2.0~rc1-3", "abc"),
        role="probe",
        pid=4711,
        config_hash="0f",
        started_s=5.0,
    )


def test_a_run_of_a_service_that_says_little():
    run = read_run_started(Message("RUN_STARTED", {"run_id": "r1", "service": "ping"}), 5.0)
    assert run.version == Version("ping", "", "")
    assert (run.role, run.pid, run.config_hash) == ("live", None, "")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"run_id": ""}, "parameter run_id is missing"),
        ({"service": ""}, "parameter service is missing"),
        ({"pid": "many"}, "'many' is not an integer"),
        ({"service_version": "9" * 257}, "parameter service_version is longer than 256 characters"),
        ({"config_hash": "f" * 257}, "parameter config_hash is longer than 256 characters"),
    ],
)
def test_what_is_no_run(change, words):
    with pytest.raises(RemoteProtocolError, match=words):
        read_run_started(Message("RUN_STARTED", FULL | change), 5.0)


def test_an_end():
    assert read_run_ended(Message("RUN_ENDED", {"run_id": "r1", "reason": "lost"})) == ("r1", "lost")
    assert read_run_ended(Message("RUN_ENDED", {"run_id": "r1", "reason": "eaten"})) == ("r1", "other")


@pytest.mark.parametrize("parameters", [{"run_id": "r1"}, {"reason": "lost"}, {"run_id": "r1", "reason": "x" * 257}])
def test_what_is_no_end(parameters):
    with pytest.raises(RemoteProtocolError):
        read_run_ended(Message("RUN_ENDED", parameters))


def test_offsets():
    assert read_offset(Message("CANARY_GET_REPORT")) == 0
    assert read_offset(Message("CANARY_GET_REPORT", {"offset": "200"})) == 200


@pytest.mark.parametrize("offset", ["-1", "x", ""])
def test_what_is_no_offset(offset):
    with pytest.raises(RemoteProtocolError):
        read_offset(Message("CANARY_GET_REPORT", {"offset": offset}))
