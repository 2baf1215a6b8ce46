"""SHELL: has systemd start, stop and restart units, and says what came of it."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from canary.deployment.execution.plan import Jobs, Method
from canary.deployment.task import Outcome
from canary.watch.bus import SYSTEMD, BusError, RefusedError, SystemdBus

SETTLE_S = 1.0
"""A unit of type simple has started before its program has done anything: one that fails at once does so within that time."""
UP = frozenset(("active", "reloading", "refreshing"))
_METHODS: Mapping[Method, str] = {"start": "StartUnit", "stop": "StopUnit", "restart": "RestartUnit"}
_UNKNOWN = f"{SYSTEMD}.NoSuchUnit"
_MAY_NOT = frozenset(
    f"org.freedesktop.DBus.Error.{name}" for name in ("AccessDenied", "InteractiveAuthorizationRequired")
)
_REFUSED = "canaryd may not: list the unit for polkit, as docs/executors.md says"


async def run_jobs(jobs: Jobs, address: str | None) -> Outcome:
    """Do one job after the other, up to the first that fails.

    What has not started in time is stopped again. Where a start is refused, what was stopped for it is started again. A task that
    is cancelled leaves the job to systemd.

    Args:
        jobs: And how long they may take.
        address: Of the bus; None for the one of this machine.
    """
    bus = SystemdBus(address, lambda _path, _properties: None)
    method, unit = jobs.steps[0]
    stopped = ""
    try:
        async with asyncio.timeout(jobs.limit_s):
            await bus.open()
            for lack in [await _lack(bus, unit) for method, unit in jobs.steps if method != "stop"]:
                if lack:
                    return Outcome(status="refused", text=lack)
            for method, unit in jobs.steps:
                fault = await _run(bus, method, unit)
                if fault:
                    return Outcome(status="failed", text=f"{method} of {unit!r}: {fault}")
                stopped = unit if method == "stop" else ""
    except TimeoutError:
        text = f"{method} of {unit!r}: not done within {jobs.limit_s:g} s"
        return Outcome(status="timeout", text=text + await _back(bus, "stop", "" if method == "stop" else unit))
    except RefusedError as error:
        text = f"{method} of {unit!r}: {_REFUSED if error.name in _MAY_NOT else error}"
        return Outcome(status="refused", text=text + await _back(bus, "start", stopped))
    except BusError as error:
        return Outcome(status="failed", text=f"{method} of {unit!r}: systemd: {error}")
    finally:
        await bus.close()
    return Outcome(status="done", text=", ".join(f"{method} of {unit!r}" for method, unit in jobs.steps))


async def lack_of(unit: str, address: str | None) -> str:
    """Why a unit cannot be started, as far as systemd says so to whoever asks; empty: nothing is known against it."""
    bus = SystemdBus(address, lambda _path, _properties: None)
    try:
        await bus.open()
        return await _lack(bus, unit)
    except BusError as error:
        return f"systemd cannot be asked for {unit!r}: {error}"
    finally:
        await bus.close()


async def _lack(bus: SystemdBus, unit: str) -> str:
    state = (await bus.follow(await bus.path_of(unit)))["LoadState"]
    return "" if state == "loaded" else f"unit {unit!r} is {state} on this host: see systemctl status"


async def _run(bus: SystemdBus, method: Method, unit: str) -> str:
    """What went wrong; empty: nothing."""
    try:
        result = await bus.run_job(_METHODS[method], unit)
    except RefusedError as error:
        if method == "stop" and error.name == _UNKNOWN:
            return ""  # it does not run, which is what was wanted
        raise
    path = await bus.path_of(unit)
    before = await bus.follow(path)
    if result != "done":
        return f"its job ended as {result}: {_told(before)}"
    if method == "stop":
        return ""
    await asyncio.sleep(SETTLE_S)
    after = await bus.follow(path)
    is_up = after["ActiveState"] in UP and after["NRestarts"] == before["NRestarts"]
    has_run = after["ActiveState"] == "inactive" and (after["Type"], after["Result"]) == ("oneshot", "success")
    return "" if is_up or has_run else f"it did not stay up: {_told(after)}"


def _told(properties: Mapping[str, object]) -> str:
    """What systemd says of a unit."""
    names = ("ActiveState", "SubState", "Result", "ExecMainStatus", "NRestarts")
    return " ".join(f"{name}={properties[name]}" for name in names if name in properties)


async def _back(bus: SystemdBus, method: Method, unit: str) -> str:
    """Undo what was done, without waiting for it; says so."""
    if unit:
        with suppress(BusError):
            await bus.begin_job(_METHODS[method], unit)
            return f"; {method} of {unit!r} follows"
    return ""
