"""Lines of the log as a process writes them: ours and those of libraries look alike."""

import json
import subprocess
import sys

import pytest

WRITE = """
import logging, sys, warnings
from communicator.runtime.logs import LogFile, LogFormat, LogLevel, configure_logs
log = configure_logs(LogLevel(sys.argv[1]), LogFormat(sys.argv[2]))
log.debug("detail")
log.info("link_opened", link="unix:/a b", user="root", note="two\\nlines")
logging.getLogger("library").warning("odd %s", 3)
warnings.warn("strange", stacklevel=1)
try:
    1 / 0
except ZeroDivisionError:
    log.exception("failed")
"""


def _write(level: str, log_format: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", WRITE, level, log_format], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_one_line_per_event_in_logfmt():
    opened, library, warned, failed = _write("info", "logfmt")
    assert opened.split(" ", 1)[0].startswith("ts=20")
    assert opened.split(" ", 1)[1] == 'level=info event=link_opened link="unix:/a b" user=root note=two\\nlines'
    assert 'level=warning event="odd 3"' in library
    assert "logger=library" in library
    assert "strange" in warned
    assert "level=error event=failed" in failed
    assert "ZeroDivisionError" in failed


def test_one_object_per_event_in_json():
    entries = [json.loads(line) for line in _write("info", "json")]
    assert entries[0] | {"ts": ""} == {
        "ts": "",
        "level": "info",
        "event": "link_opened",
        "link": "unix:/a b",
        "user": "root",
        "note": "two\nlines",
    }
    assert entries[1]["event"] == "odd 3"


HOSTILE = """
import logging, sys
from communicator.runtime.logs import LogFormat, LogLevel, configure_logs
log = configure_logs(LogLevel.INFO, LogFormat(sys.argv[1]))
hostile = "\\x1b[2J\\x9b31m\\u202egnp\\u2066\\u2028\\r\\nts=1 level=error event=forged"
log.info("service_registered", version=hostile, names=[hostile])
logging.getLogger("library").warning(hostile)
"""


@pytest.mark.parametrize("log_format", ["logfmt", "json"])
def test_what_a_peer_chose_steers_no_terminal_and_forges_no_line(log_format):
    command = [sys.executable, "-c", HOSTILE, log_format]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    lines = done.stderr.split("\n")
    assert len(lines) == 3
    assert all(line.isprintable() for line in lines)
    assert not any(line.startswith("ts=1 ") for line in lines)


@pytest.mark.parametrize(("level", "lines"), [("debug", 5), ("warning", 3), ("error", 1)])
def test_the_level_is_a_threshold_for_all(level, lines):
    assert len(_write(level, "logfmt")) == lines


CLIENT = """
import logging, sys
from communicator.client.event_log import log_event
from communicator.runtime.logs import LogFormat, LogLevel, configure_logs
configure_logs(LogLevel.INFO, LogFormat(sys.argv[1]))
log_event(logging.INFO, "registered", service="canary", level="none", count=3)
logging.getLogger("library").warning("odd", extra={"event": "e", "fields": {"a": 1}})
"""


def _write_as_client(log_format):
    done = subprocess.run(
        [sys.executable, "-c", CLIENT, log_format], capture_output=True, text=True, check=True, timeout=30
    )
    return done.stderr.splitlines()


def test_a_line_of_our_client_library_is_an_event_with_fields_in_logfmt():
    ours, others = (line.split(" ", 1)[1] for line in _write_as_client("logfmt"))
    assert ours == "level=info event=registered service=canary count=3 logger=communicator.client"
    assert others == "level=warning event=odd logger=library"


def test_a_line_of_our_client_library_is_an_event_with_fields_in_json():
    ours, others = map(json.loads, _write_as_client("json"))
    assert ours | {"ts": ""} == {
        "ts": "",
        "level": "info",
        "event": "registered",
        "service": "canary",
        "count": 3,
        "logger": "communicator.client",
    }
    assert set(others) == {"ts", "level", "event", "logger"}


ROTATE = """
import os, sys
from communicator.runtime.logs import LogFile
log_file = LogFile()
print("before", file=sys.stderr, flush=True)
os.rename(sys.argv[1], sys.argv[1] + ".1")
print("between", file=sys.stderr, flush=True)
print(log_file.reopen())
print("after", file=sys.stderr, flush=True)
"""


def test_a_redirected_log_follows_a_rotation(tmp_path):
    path = tmp_path / "log"
    with path.open("w") as log:
        done = subprocess.run(
            [sys.executable, "-c", ROTATE, path], stdout=subprocess.PIPE, stderr=log, text=True, check=True, timeout=30
        )
    assert done.stdout.strip() == str(path)
    assert (tmp_path / "log.1").read_text() == "before\nbetween\n"
    assert path.read_text() == "after\n"


def test_a_log_that_is_no_file_needs_no_rotation():
    code = "from communicator.runtime.logs import LogFile; print(repr(LogFile().reopen()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout == "''\n"
