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
_MAY_NOT = "canaryd may not: list the unit for polkit, as docs/executors.md says"
_UNKNOWN = f"{SYSTEMD}.NoSuchUnit"
_REFUSALS = {
    _UNKNOWN: "there is no such unit on this host: install it",
    f"{SYSTEMD}.UnitMasked": "it is masked on this host: unmask it",
    "org.freedesktop.DBus.Error.AccessDenied": _MAY_NOT,
    "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired": _MAY_NOT,
}


async def run_jobs(jobs: Jobs, address: str | None) -> Outcome:
    """Do one job after the other, up to the first that fails.

    What has not started in time is stopped again. A task that is cancelled leaves the job to systemd.

    Args:
        jobs: And how long they may take.
        address: Of the bus; None for the one of this machine.
    """
    bus = SystemdBus(address, lambda _path, _properties: None)
    method, unit = jobs.steps[0]
    try:
        async with asyncio.timeout(jobs.limit_s):
            await bus.open()
            for method, unit in jobs.steps:
                fault = await _run(bus, method, unit)
                if fault:
                    return Outcome(status="failed", text=f"{method} of {unit!r}: {fault}")
    except TimeoutError:
        return await _give_up(bus, method, unit, jobs.limit_s)
    except RefusedError as error:
        return Outcome(status="refused", text=f"{method} of {unit!r}: {_REFUSALS.get(error.name, str(error))}")
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
        properties = await bus.follow(await bus.path_of(unit))
    except BusError as error:
        return f"systemd cannot be asked for {unit!r}: {error}"
    finally:
        await bus.close()
    state = properties.get("LoadState")
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


async def _give_up(bus: SystemdBus, method: Method, unit: str, limit_s: float) -> Outcome:
    text = f"{method} of {unit!r}: not done within {limit_s:g} s"
    if method != "stop":
        with suppress(BusError):
            await bus.begin_job(_METHODS["stop"], unit)
            text += "; it is being stopped"
    return Outcome(status="timeout", text=text)
