import asyncio

import pytest

from communicator.errors import ScriptFailedError
from communicator.reporter import stage
from communicator.reporter.resolver import load
from communicator.reporter.stage import Scene, perform, stage_name

LISTEN = "listen(address: $here) "
ONE = LISTEN + "wait(timeout: 10) "


async def meets(address):
    _, writer = await asyncio.open_unix_connection(address)
    writer.close()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("// a script\n  //stage:  router  \nrun()", "router"),
        ("run() // stage: router", ""),
        ("// stage: a b", ""),
        ("", ""),
    ],
)
def test_the_stage_a_script_names(text, name):
    assert stage_name(text) == name


async def test_a_partner_runs_beside_the_script(tmp_path):
    await perform(load(ONE), Scene({"here": str(tmp_path / "s")}, partner=meets))


async def test_a_script_that_does_not_listen_needs_no_partner():
    await perform(load("print(message: 'alone')"), Scene(partner=meets), show=lambda _: None)


async def test_the_script_comes_first_when_both_fail(tmp_path):
    async def fails(address):
        reader, writer = await asyncio.open_unix_connection(address)
        await reader.read()
        writer.close()
        raise ValueError("the router has gone")

    with pytest.raises(ScriptFailedError, match="no good"):
        await perform(load(ONE + "error(message: 'no good')"), Scene({"here": str(tmp_path / "s")}, partner=fails))


async def test_a_partner_that_fails_ends_the_script(tmp_path):
    async def fails(_):
        raise ValueError("no such router")

    with pytest.raises(ValueError, match="no such router"):
        await perform(load(LISTEN + "wait(timeout: 60)"), Scene({"here": str(tmp_path / "s")}, partner=fails))


async def test_a_partner_has_to_end(tmp_path, monkeypatch):
    async def stays(_):
        await asyncio.Event().wait()

    monkeypatch.setattr(stage, "PARTNER_S", 0.01)
    with pytest.raises(TimeoutError):
        await perform(
            load(LISTEN + "wait(timeout: 0.01, mode: timeout)"), Scene({"here": str(tmp_path / "s")}, partner=stays)
        )
