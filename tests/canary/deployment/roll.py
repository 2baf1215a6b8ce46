"""Puts versions of a service on a host, as an executor: ``roll.py FOLDER ADDRESS VERB SERVICE VERSION PREVIOUS PROGRAM``.

The program is one that takes what ``service.py`` does, which it is where none is named.
"""

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


def _start(folder: Path, service: str, version: str, *words: str) -> None:
    with (folder / f"{service}@{version}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    (folder / f"{service}@{version}").write_text(str(process.pid))


def service_runs(folder: Path, service: str) -> bool:
    """Whether another version has the name already."""
    return any(folder.glob(f"{service}@*[!g]"))


def main(folder: Path, address: str, verb: str, service: str, version: str, *more: str) -> None:
    """Do what an executor is asked for."""
    previous, program = (*more, "", "")[:2]
    if verb == "replace" and previous:
        _stop(folder, service, previous)
    if verb in ("stop", "restart"):
        _stop(folder, service, version)
    if verb != "stop":
        role = "standby" if verb == "start" and service_runs(folder, service) else "live"
        program = program or str(Path(__file__).with_name("service.py"))
        _start(folder, service, version, program, address, service, version, role)


main(Path(sys.argv[1]), *sys.argv[2:])
