"""PURE: the properties of one systemd service unit, as they change, turned into how its runs ended; it talks to no bus.

Of each change systemd tells all properties anew: first those of the service, then those of the unit. So when a process has
ended, what is known of the unit is still its state before, and that tells a stop that was asked for from a crash. A run is a
process and when it began: neither a number of restarts nor a state says so exactly. (Names and order: org.freedesktop.systemd1(5);
the order and the states between were seen on systemd 257.)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from canary.evidence.kinds import Kind, classify_exit

Value = object
"""Of a property: a number, a text, or something that is not read here."""

CLD_EXITED = 1
"""ExecMainCode: it ended of itself, and ExecMainStatus is its exit code; else that is a signal (sigaction(2), si_code)."""

_STOPPING = frozenset(("stop", "stop-sigterm", "stop-sigkill", "stop-watchdog", "final-sigterm", "final-sigkill"))
_READY = frozenset(("active", "reloading", "refreshing"))
_WILL_RESTART = frozenset(("auto-restart", "auto-restart-queued"))
_FAILED = frozenset(("failed", "failed-before-auto-restart"))
_NO_FAILURE = frozenset(("success", "exec-condition", "start-limit-hit"))
"""Results of a start without a main process that say nothing of the service."""


class Run(NamedTuple):
    """One life of the main process."""

    pid: int
    began_us: int
    """CLOCK_MONOTONIC."""


class Ending(NamedTuple):
    """How a run ended, or that there will be none any more."""

    kind: Kind
    pid: int | None = None
    exit_code: int | None = None
    signal: int | None = None
    message: str = ""


NONE = Run(0, 0)


@dataclass(slots=True)
class _Properties:
    """Those that are read, as they were last told."""

    exec_main_pid: int = 0
    exec_main_start_timestamp_monotonic: int = 0
    exec_main_exit_timestamp_monotonic: int = 0
    exec_main_code: int = 0
    exec_main_status: int = 0
    control_pid: int = 0
    n_restarts: int = 0
    result: str = "success"
    active_state: str = ""
    sub_state: str = ""


_NUMBERS = {
    "ExecMainPID": "exec_main_pid",
    "ExecMainStartTimestampMonotonic": "exec_main_start_timestamp_monotonic",
    "ExecMainExitTimestampMonotonic": "exec_main_exit_timestamp_monotonic",
    "ExecMainCode": "exec_main_code",
    "ExecMainStatus": "exec_main_status",
    "ControlPID": "control_pid",
    "NRestarts": "n_restarts",
}
_TEXTS = {"Result": "result", "ActiveState": "active_state", "SubState": "sub_state"}


class UnitState:
    """Follows one unit.

    Args:
        properties: All of them, by name, as GetAll gives them. What has ended before is no news,
        awaited: except the end of this process: it registered, and was gone before anybody looked.
    """

    def __init__(self, properties: Mapping[str, Value], awaited: int | None = None) -> None:
        self._now = _Properties()
        self._read(properties)
        self._told = self.run if self._has_ended and self._now.exec_main_pid != awaited else NONE
        self._seen = self.run
        self._was_ready = self._now.active_state in _READY
        self._was_asked = self._now.sub_state in _STOPPING and self._now.result == "success"
        self._control_pid = self._now.control_pid
        self._apart = "RestartSteps" in properties
        """Whether this systemd (254 and later) tells a failure before a restart from a last one."""

    @property
    def run(self) -> Run:
        """The one that goes on, or the last one; `NONE` if there never was one, or systemd has forgotten it."""
        return Run(self._now.exec_main_pid, self._now.exec_main_start_timestamp_monotonic)

    def change(self, properties: Mapping[str, Value]) -> list[Ending]:
        """Take what has changed, and say what that means; the same again means nothing.

        Args:
            properties: By name; those of the service alone, of the unit alone, or of both.
        """
        before = self._now.sub_state
        self._read(properties)
        self._begin()
        endings = self._ended()
        if "SubState" in properties and self._now.sub_state != before:
            endings += self._moved(before)
        return endings

    @property
    def _has_ended(self) -> bool:
        return self._now.exec_main_exit_timestamp_monotonic > 0

    def _read(self, properties: Mapping[str, Value]) -> None:
        for names, wanted in ((_NUMBERS, int), (_TEXTS, str)):
            for name, field in names.items():
                value = properties.get(name)
                if isinstance(value, wanted):
                    setattr(self._now, field, value)

    def _begin(self) -> None:
        """Is it another run than before?"""
        if self.run != self._seen:
            self._seen = self.run
            self._was_ready = self._was_asked = False
            self._control_pid = 0
        self._control_pid = self._now.control_pid or self._control_pid

    def _ended(self) -> list[Ending]:
        if self.run in (NONE, self._told) or not self._has_ended:
            return []
        self._told = self.run
        return [self._ending()]

    def _ending(self) -> Ending:
        now = self._now
        of_itself = now.exec_main_code == CLD_EXITED
        exit_code = now.exec_main_status if of_itself else None
        signal = None if of_itself else now.exec_main_status
        how = f"exit code {exit_code}" if of_itself else f"signal {signal}"
        message = _sentence(
            how, now.result, was_ready=self._was_ready, was_asked=self._was_asked, restarts=now.n_restarts
        )
        kind = self._kind(exit_code, signal)
        if kind is Kind.EXIT:  # a code that SuccessExitStatus= allows is no failure, whatever it is elsewhere
            exit_code = 0
        return Ending(kind, now.exec_main_pid, exit_code, signal, message)

    def _kind(self, exit_code: int | None, signal: int | None) -> Kind:
        if self._was_asked:
            return Kind.OPERATOR_STOP
        match self._now.result:
            case "watchdog":
                return Kind.WATCHDOG_TIMEOUT
            case "timeout":  # of the start, or of RuntimeMaxSec: then the unit itself asked for an end
                return Kind.OPERATOR_STOP if self._was_ready else Kind.START_TIMEOUT
            case "success":
                return Kind.EXIT if signal is None else Kind.OPERATOR_STOP  # such as SIGTERM, which is a request
            case _:
                kind = classify_exit(exit_code, signal, expected=False)
                return Kind.CRASH if kind is Kind.EXIT else kind

    def _moved(self, before: str) -> list[Ending]:
        """The unit is in another state than `before`."""
        now = self._now
        if now.active_state in _READY:
            self._was_ready = True
        if not self._has_ended and now.sub_state in _STOPPING and now.result == "success":
            self._was_asked = True
        if now.sub_state not in _FAILED or self._was_asked:
            return []
        return self._never_began(before) + self._gave_up(before)

    def _never_began(self, before: str) -> list[Ending]:
        """What had to run before the main process has failed."""
        now = self._now
        if self.run != NONE or now.result in _NO_FAILURE or before in _WILL_RESTART:
            return []
        kind = Kind.START_TIMEOUT if now.result == "timeout" else Kind.CRASH
        pid, self._control_pid = self._control_pid or None, 0
        return [Ending(kind, pid, message=f"ended before its main process began ({now.result})")]

    def _gave_up(self, before: str) -> list[Ending]:
        """Nobody starts it again: it has no Restart= for this end, or the start limit is hit."""
        if self._now.sub_state != "failed" or not (self._apart or before in _WILL_RESTART):
            return []
        why = "start limit" if before in _WILL_RESTART else self._now.result
        return [Ending(Kind.GAVE_UP, self.run.pid or None, message=f"systemd does not start it again ({why})")]


def _sentence(how: str, result: str, *, was_ready: bool, was_asked: bool, restarts: int) -> str:
    """For people: how it ended, and what systemd says of it."""
    why = {
        "core-dump": "core dumped",
        "oom-kill": "out of memory",
        "protocol": "before it was ready",
        "timeout": "RuntimeMaxSec is over" if was_ready else "not ready in time",
        "watchdog": "no word to the watchdog",
    }.get(result)
    if was_asked:
        why = "stopped on request, and killed in the end" if result == "timeout" else "stopped on request"
    return how + (f", {why}" if why else "") + (f", after {restarts} restarts" if restarts else "")
