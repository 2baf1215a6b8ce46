import pytest

from timekeeper.discipline import NoAnswer
from timekeeper.evidence import Evidence
from timekeeper.time_daemons import TimeDaemons


@pytest.mark.parametrize(
    ("daemons", "gone"),
    [
        (TimeDaemons(), True),
        (TimeDaemons(frozenset({"ntpd"})), True),
        (TimeDaemons(frozenset({"chronyd"})), False),
        (TimeDaemons(observers=frozenset({"chronyd"})), False),
        (NoAnswer("hidden"), False),
    ],
)
def test_a_daemon_is_gone_only_when_the_processes_say_so(daemons, gone):
    evidence = Evidence(answer=NoAnswer("refused"), kernel=NoAnswer("none"), daemons=daemons)
    assert evidence.is_gone("chronyd") is gone
