"""Finds the peers' programs, or unpacks their Debian packages into a cache folder; it installs nothing and starts nothing."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from benchmarks.errors import ServerStartError

CACHE_PATH = Path(__file__).resolve().parent.parent / ".cache" / "peers"
"""Where packages are kept and unpacked; safe to delete."""

PACKAGES = ("nats-server", "redis-server", "mosquitto")
"""Each is also the name of the program it brings."""

_SYSTEM_FOLDERS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_INST = re.compile(r"^Inst (\S+)", re.MULTILINE)


def find_program(name: str) -> Path | None:
    """The program of that name: the machine's own, else the unpacked one, else None."""
    installed = shutil.which(name, path=os.environ.get("PATH", "") + ":" + _SYSTEM_FOLDERS)
    if installed:
        return Path(installed)
    root = _root()
    unpacked = shutil.which(name, path=f"{root}/usr/bin:{root}/usr/sbin")
    return Path(unpacked) if unpacked else None


def provide_programs() -> dict[str, Path]:
    """Make sure that every peer's program is there.

    Returns:
        Program name to its path.

    Raises:
        ServerStartError: A package can be neither found nor fetched.
    """
    missing = [name for name in PACKAGES if find_program(name) is None]
    if missing:
        _fetch(missing)
    found = {name: find_program(name) for name in PACKAGES}
    absent = sorted(name for name, path in found.items() if path is None)
    if absent:
        raise ServerStartError(f"no program named {absent[0]!r}, neither installed nor in {CACHE_PATH}")
    return {name: path for name, path in found.items() if path is not None}


def environment() -> dict[str, str]:
    """The environment for a peer's process: its unpacked libraries are found, the machine's come first."""
    folders = sorted({str(path.parent) for path in _root().glob("usr/lib/**/*.so*")})
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(folders)}


def _root() -> Path:
    return CACHE_PATH / "root"


def _fetch(names: list[str]) -> None:
    """Download the packages and what they need, and unpack them below `CACHE_PATH`: no service is ever started."""
    if shutil.which("apt-get") is None:
        raise ServerStartError(f"{', '.join(names)} must be installed by hand: this is no Debian machine")
    archives = CACHE_PATH / "archives"
    archives.mkdir(parents=True, exist_ok=True)
    wanted = _with_dependencies(names)
    _run(["apt-get", "download", *wanted], archives)
    for archive in sorted(archives.glob("*.deb")):
        _run(["dpkg-deb", "-x", str(archive), str(_root())], archives)


def _with_dependencies(names: list[str]) -> list[str]:
    """What apt would install for these packages on this machine."""
    simulate = ["apt-get", "install", "--simulate", "--no-install-recommends", *names]
    try:
        planned = _run(simulate, CACHE_PATH)
    except ServerStartError:
        if os.geteuid() != 0:
            raise
        _run(["apt-get", "update", "-q"], CACHE_PATH)
        planned = _run(simulate, CACHE_PATH)
    return _INST.findall(planned)


def _run(command: list[str], folder: Path) -> str:
    try:
        done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["no output"])[-1]
        raise ServerStartError(f"{' '.join(command[:2])} failed: {last}") from None
    return done.stdout
