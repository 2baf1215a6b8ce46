"""One child from start to stop, played by small programs that behave well and badly."""

import asyncio
import signal
import textwrap

import pytest

from bellwether import child_process
from bellwether.child_process import ChildProcess, last_lines
from bellwether.failure import CommandError
from bellwether.places import Layout
from bellwether.suite import Program

# Each is the body of a daemon's main(); `ready()` writes the ports file it was told of.
WELL = """
    ready({"http": "127.0.0.1:4711"})
    signal.sigwait([signal.SIGTERM])
"""
STUBBORN = """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    ready({})
    signal.pause()
"""
FAILS = """
    print("no such key", file=sys.stderr)
    sys.exit(78)
"""
SLOW = """
    signal.pause()
"""
HONEST_END = """
    ready({})
"""
DIES_ONCE = """
    again = os.path.exists("died")
    ready({"http": "127.0.0.1:4711"})
    if not again:
        open("died", "w").close()
        print("out of paper", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    print(*sys.argv, flush=True)
    signal.sigwait([signal.SIGTERM])
"""
DAEMON = """
    import json, os, signal, sys
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    def ready(ports):
        path = sys.argv[sys.argv.index("--ports-file") + 1]
        with open(path + ".new", "w") as file:
            json.dump(ports, file)
        os.rename(path + ".new", path)
    def main():
"""
PROGRAM = Program("printerd", "printer", "printerd.toml", service="printer", ports={"http": "listen"})


@pytest.fixture
def layout(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    made = Layout(tmp_path / "suite")
    made.make()
    return made


@pytest.fixture
def child(layout, tmp_path):
    """Makes a child that behaves as it is told, and sees to its end."""
    made = []

    def make(body, said):
        source = textwrap.dedent(DAEMON) + textwrap.indent(textwrap.dedent(body), "    ")
        (tmp_path / "printer.py").write_text(source)
        made.append(
            ChildProcess(
                PROGRAM,
                layout,
                config=tmp_path / "printerd.toml",
                settings=[("listen", "127.0.0.1:0")],
                communicator="cd:///s",
                say=said.append,
            )
        )
        return made[-1]

    yield make
    for one in made:
        one.kill()


async def test_a_child_is_ready_once_its_ports_are_known(child):
    said = []
    printer = child(WELL, said)
    await printer.start()
    assert printer.ports == {"http": "127.0.0.1:4711"}
    await printer.stop()
    assert said == []


async def test_a_child_that_ends_at_once_is_reported_with_its_log(child):
    with pytest.raises(CommandError) as caught:
        await child(FAILS, []).start()
    first, *tail = str(caught.value).splitlines()
    assert first.startswith("printerd did not start (exit code 78); see ")
    assert tail == ["  | no such key"]


async def test_a_child_that_is_never_ready_is_stopped(child, monkeypatch):
    monkeypatch.setattr(child_process, "READY_S", 0.3)
    monkeypatch.setattr(child_process, "STOP_S", 0.3)
    with pytest.raises(CommandError, match=r"was not ready within 0\.3 s"):
        await child(SLOW, []).start()


async def test_a_child_that_does_not_stop_is_killed(child, monkeypatch):
    monkeypatch.setattr(child_process, "STOP_S", 0.2)
    said = []
    printer = child(STUBBORN.replace("ready", "signal.pthread_sigmask(signal.SIG_UNBLOCK, [15]); ready"), said)
    await printer.start()
    await printer.stop()
    assert said == ["printerd does not end: killed"]


async def test_stopping_what_does_not_run_does_no_harm(child):
    await child(WELL, []).stop()


async def test_a_child_that_ends_of_its_own_will_is_left_in_peace(child):
    said = []
    printer = child(HONEST_END, said)
    await printer.start()
    await printer.keep()
    assert said == ["printerd ended, as it was asked to"]


async def test_a_child_that_dies_is_reported_and_started_where_it_was(child, layout, monkeypatch):
    monkeypatch.setattr(child_process, "BACK_OFF_S", (0.01,))
    ready_again = asyncio.Event()
    said = []

    class Said(list):
        def append(self, text):
            said.append(text)
            if text == "printerd is ready again":
                ready_again.set()

    printer = child(DIES_ONCE, Said())
    await printer.start()
    keeper = asyncio.get_running_loop().create_task(printer.keep())
    await ready_again.wait()
    keeper.cancel()
    await printer.stop()
    first, *tail = said[0].splitlines()
    assert first.startswith("printerd died (signal 9); see ")
    assert "  | out of paper" in tail
    assert said[1:] == ["starting printerd again in 0.01 s", "printerd is ready again"]
    assert 'listen="127.0.0.1:4711"' in layout.log_file("printerd").read_text()


@pytest.mark.parametrize("code", [signal.SIGKILL, signal.SIGTERM])
async def test_a_child_that_keeps_failing_is_tried_again_and_again(child, monkeypatch, code):
    monkeypatch.setattr(child_process, "BACK_OFF_S", (0.01, 0.02))
    said = []
    enough = asyncio.Event()

    class Said(list):
        def append(self, text):
            said.append(text)
            if sum("did not start" in line for line in said) == 2:
                enough.set()

    printer = child(
        f"    ready({{}}) if not os.path.exists('died') else None\n    open('died', 'w').close()\n"
        f"    signal.pthread_sigmask(signal.SIG_UNBLOCK, [15]); os.kill(os.getpid(), {int(code)})\n",
        Said(),
    )
    await printer.start()
    keeper = asyncio.get_running_loop().create_task(printer.keep())
    await enough.wait()
    keeper.cancel()
    pauses = [line for line in said if line.startswith("starting")]
    assert pauses[:2] == ["starting printerd again in 0.01 s", "starting printerd again in 0.02 s"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("a\nb\n", ["a", "b"]),
        ("".join(f"{number}\n" for number in range(20)), [str(number) for number in range(12, 20)]),
        ("x" * 1000, ["x" * 240]),
    ],
)
def test_the_end_of_a_log_is_short(tmp_path, text, lines):
    (tmp_path / "log").write_text(text)
    assert last_lines(tmp_path / "log") == lines


def test_a_log_that_is_not_there_has_no_end(tmp_path):
    assert last_lines(tmp_path / "log") == []
