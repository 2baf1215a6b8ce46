import psutil
import pytest

from timekeeper.discipline import NoAnswer
from timekeeper.processes import find_time_daemons


async def test_a_running_chronyd_is_found(chrony_host, eventually, answered):
    chronyd = chrony_host.start_server()
    await eventually(chronyd.read, answered)
    assert "chronyd" in find_time_daemons().names


@pytest.mark.parametrize("error", [psutil.AccessDenied(), PermissionError("no /proc here")])
def test_a_host_that_hides_its_processes(monkeypatch, error):
    def refuse(_attributes):
        raise error

    monkeypatch.setattr(psutil, "process_iter", refuse)
    answer = find_time_daemons()
    assert isinstance(answer, NoAnswer)
    assert answer.reason.startswith("processes cannot be listed: ")
