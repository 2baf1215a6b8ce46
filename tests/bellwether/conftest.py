"""A router that says what a test wrote down, for answers that need a whole cluster."""

import os
import pty
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

from bellwether import canary_orders, canary_questions, conversation
from bellwether.main import application
from communicator.protocol import Message, decode, encode
from tests.conftest import EVENTUALLY_S

WITHIN_S = 50.0
"""In which a command has started and says what is next; a second is usual, if no other tests run beside."""
for module in (conversation, canary_questions, canary_orders):
    module.TIMEOUT_S = EVENTUALLY_S  # five seconds, else: who is to answer may not get its turn for so long
for ask in (conversation.fence, conversation.deliver, conversation.ask):
    ask.__defaults__ = (EVENTUALLY_S,)
ROUTER = {"sent_from_server": "alpha", "sent_from_service": "communicatord"}


def said(command, parameters=None, **sender):
    """What a router says."""
    return Message(command, parameters or {}, **{**ROUTER, **sender})


GREETING = {
    "REGISTER": [said("HELP"), said("READY", {"my_address": "127.0.0.1:4042"})],
    "CLUSTER_GET_STATUS": [said("CLUSTER_CURRENT_STATUS", {"status": "up", "completeness": "complete"})],
    "CLOCK_STATUS": [said("CLOCK_UNSTABLE", {"clock_error": "checking"})],
    "COMMANDS": [],
    "UNREGISTER": [],
}


class ScriptedRouter:
    """Serves one link; answers by the command, and what is not in its script with UNKNOWN."""

    def __init__(self, path, script):
        self.address = f"cd://{path}"
        self.heard = []
        self._script = {**GREETING, **script}
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._listener.settimeout(WITHIN_S)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._thread.join(WITHIN_S)
        self._listener.close()
        assert not self._thread.is_alive()

    def of(self, command):
        """What it heard, by command."""
        return [message for message in self.heard if message.command == command]

    def _serve(self):
        with self._listener.accept()[0] as link, link.makefile("rwb") as stream:
            link.settimeout(WITHIN_S)
            while line := stream.readline():
                message = decode(line)
                self.heard.append(message)
                for answer in self._answers(message):
                    stream.write(encode(answer) + b"\n")
                stream.flush()
                if message.command == "UNREGISTER":
                    return

    def _answers(self, message):
        if message.command == "ALIVE":
            return [said("ABSOLUTELY", {"serial": message.get("serial")})]
        answers = self._script.get(message.command, [said("UNKNOWN", {"command": message.command})])
        return answers(message) if callable(answers) else answers


@pytest.fixture
def scripted(tmp_path):
    """``with scripted({"COMMAND": [answers]}) as router``; an answer may be made of the message."""

    @contextmanager
    def run(script):
        with ScriptedRouter(tmp_path / "s", script) as router:
            yield router

    return run


@pytest.fixture
def ask(scripted):
    """Runs a command against a script; gives its result, and the router for what it heard."""

    def run(script, *arguments, **options):
        with scripted(script) as router:
            environment = {"BELLWETHER_COMMUNICATOR": router.address, "COLUMNS": "140"}
            done = CliRunner().invoke(application, list(arguments), prog_name="bellwether", env=environment, **options)
        return done, router

    return run


def _hear(master):
    """What a terminal shows next; empty when its process has ended."""
    try:
        return os.read(master, 4096).decode()
    except OSError:
        return ""


@pytest.fixture
def on_terminal(tmp_path):
    """Runs a command as a person does, who waits for a word before each answer; gives exit code and what was shown."""

    def run(arguments, conversation):
        master, slave = pty.openpty()
        # The leader of a session that has no terminal yet gets the one it opens.
        takes_it = ["sh", "-c", 'exec "$@" <>"$0" >&0 2>&0', os.ttyname(slave)]
        command = [*takes_it, sys.executable, "-m", "bellwether", *arguments]
        options = {"cwd": tmp_path, "env": {"PATH": os.defpath}, "stdin": slave, "start_new_session": True}
        with subprocess.Popen(command, **options) as process:
            os.close(slave)
            shown = ""
            for word, answer in conversation:
                while word not in shown:
                    heard = _hear(master)
                    assert heard, f"it ended with {shown!r}"
                    shown += heard
                os.write(master, f"{answer}\n".encode())
                shown = shown.partition(word)[2]
            while heard := _hear(master):
                shown += heard
            os.close(master)
        return process.returncode, shown

    return run
