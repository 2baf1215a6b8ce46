"""Finds the peers' programs, or has their Debian packages unpacked into the cache folder; it installs and starts nothing."""

import os
import shutil
import subprocess
from pathlib import Path

from benchmarks.errors import ServerStartError

_ROOT = Path(__file__).resolve().parent.parent
_UNPACKED = _ROOT / ".cache" / "debian" / "root"
_CACHE_TOOL = _ROOT / "tools" / "debian-cache"
_SYSTEM_FOLDERS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

PACKAGES = {
    "nats-server": ("nats-server",),
    "redis-server": ("redis-tools", "redis-server"),
    "mosquitto": ("mosquitto",),
}
"""Program to the Debian packages that bring it; the program of redis-server lies in redis-tools."""


def provide_program(name: str) -> Path:
    """The program of that name: the machine's own, else the unpacked one, which is fetched first where it is missing.

    Args:
        name: A key of `PACKAGES`.

    Raises:
        ServerStartError: It can be neither found nor fetched.
    """
    found = _find(name)
    if found is None:
        fetched = subprocess.run([_CACHE_TOOL, *PACKAGES[name]], check=False)
        found = _find(name)
        if fetched.returncode or found is None:
            raise ServerStartError(f"{name} is not installed, and its Debian package cannot be fetched")
    return found


def library_environment() -> dict[str, str]:
    """The environment of this process, with the libraries of the unpacked packages."""
    told = subprocess.run([_CACHE_TOOL, "--library-path"], check=True, capture_output=True, text=True)
    return {**os.environ, "LD_LIBRARY_PATH": told.stdout.strip()}


def _find(name: str) -> Path | None:
    folders = f"{os.environ.get('PATH', '')}:{_SYSTEM_FOLDERS}:{_UNPACKED}/usr/bin:{_UNPACKED}/usr/sbin"
    found = shutil.which(name, path=folders)
    return Path(found) if found else None
