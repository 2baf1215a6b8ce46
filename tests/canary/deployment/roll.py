"""Puts versions of a service on a host, as an executor: ``roll.py FOLDER ADDRESS VERB SERVICE VERSION PREVIOUS``."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path


def _stop(folder: Path, service: str, version: str) -> None:
    file = folder / f"{service}@{version}"
    if not file.exists():
        return
    process = int(file.read_text())
    file.unlink()
    with suppress(ProcessLookupError, FileNotFoundError):
        os.kill(process, signal.SIGTERM)
        while Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z":
            time.sleep(0.01)


def _start(folder: Path, address: str, service: str, version: str, role: str) -> None:
    program = [sys.executable, str(Path(__file__).with_name("service.py")), address, service, version, role]
    with (folder / f"{service}@{version}.log").open("ab") as log:
        process = subprocess.Popen(program, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    (folder / f"{service}@{version}").write_text(str(process.pid))


def service_runs(folder: Path, service: str) -> bool:
    """Whether another version has the name already."""
    return any(folder.glob(f"{service}@*[!g]"))


def main(folder: Path, address: str, verb: str, service: str, version: str, previous: str = "") -> None:
    """Do what an executor is asked for."""
    if verb == "replace" and previous:
        _stop(folder, service, previous)
    if verb in ("stop", "restart"):
        _stop(folder, service, version)
    if verb != "stop":
        _start(
            folder,
            address,
            service,
            version,
            "standby" if verb == "start" and service_runs(folder, service) else "live",
        )


main(Path(sys.argv[1]), *sys.argv[2:])
