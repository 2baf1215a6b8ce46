"""A real systemd for a test: PID 1 of namespaces of its own, with a system bus, and a socket to that from outside."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sysconfig
import tempfile
import time
import tomllib
from pathlib import Path

import psutil

from canary.watch.bus import SystemdBus
from tests.conftest import EVENTUALLY_S, ROOT, missing

PROGRAM = Path("/usr/lib/systemd/systemd")
SCRIPTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]

AROUND = """\
set -e
mount --make-rprivate /
mkdir "$1/cgroup"
mount -t cgroup2 cgroup2 "$1/cgroup"
mine="$1/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/$(basename "$1")"
mkdir "$mine"
(
    echo 0 >"$mine/cgroup.procs"
    exec unshare --fork --pid --mount --uts --ipc --net --cgroup --mount-proc --kill-child sh -c "$2" sh "$1" "$3"
) || true
for _ in $(seq 100); do # what is killed takes a moment to leave
    ! find "$mine" -depth -type d -exec rmdir {} + 2>/dev/null || exit 0
    sleep 0.05
done
"""
"""Outside: a cgroup of its own, which is taken away in the end."""

WITHIN = """\
set -e
mount --bind "$1" "$1"
mount --bind "$1/run" /run
mkdir -p /run/lock /run/dbus
umount --recursive --lazy /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
mount -o remount,bind,ro /
unit_path=/run/systemd/system
eval "$2"
exec env -i container=other PATH=/usr/sbin:/usr/bin SYSTEMD_UNIT_PATH=$unit_path \\
    /usr/lib/systemd/systemd --system --unit=test.target --log-target=console --show-status=no
"""
"""Within: nothing of the machine can be written, and /run is the test's, which puts units there and finds the bus there."""

BARE_HOST = f"""\
mkdir "$1/over" "$1/checkout" "$1/libraries"
mount --bind "{ROOT}" "$1/checkout"
mount --bind "{sysconfig.get_path("purelib")}" "$1/libraries"
mount -t tmpfs tmpfs "$1/over"
for place in etc usr var; do
    mkdir -p "$1/over/$place/upper" "$1/over/$place/work"
    mount -t overlay overlay -o "lowerdir=/$place,upperdir=$1/over/$place/upper,workdir=$1/over/$place/work" "/$place"
done
# Where it is installed already.
rm -rf /etc/systemd/system/* /etc/bellwether /var/lib/bellwether /usr/share/bellwether
(cd /usr/bin && rm -f {" ".join(SCRIPTS)})
! getent passwd bellwether || userdel bellwether
mount -t tmpfs -o mode=0755 tmpfs /opt
mkdir /opt/checkout /opt/libraries
mount --bind "$1/checkout" /opt/checkout
mount --bind "$1/libraries" /opt/libraries
mount -t tmpfs tmpfs /tmp
unit_path=/run/systemd/system:/etc/systemd/system
"""
"""A host that can be written and changes nothing of this machine; its users may read the checkout wherever that lies."""

UNITS = {
    "test.target": "[Unit]\nDefaultDependencies=no\nWants=dbus.service\n",
    "dbus.socket": "[Unit]\nDefaultDependencies=no\n[Socket]\nListenStream=/run/dbus/system_bus_socket\n",
    "dbus.service": (
        "[Unit]\nDefaultDependencies=no\nRequires=dbus.socket\nAfter=dbus.socket\n[Service]\nType=notify\n"
        "ExecStart=/usr/bin/dbus-daemon --system --address=systemd: --nofork --nopidfile --systemd-activation\n"
    ),
}


class Systemd:
    """What a test may do with it.

    Args:
        root: A folder of its own with a short name: the path of a socket has room for 107 bytes.
        preparation: What a shell does within before systemd starts; ``$1`` is root, and ``unit_path`` may be set.
    """

    def __init__(self, root: Path, preparation: str = "") -> None:
        self.root = root
        self.address = f"unix:path={root}/run/dbus/system_bus_socket"
        self._log = root / "log"
        self.units = root / "run/systemd/system"
        self.units.mkdir(parents=True)
        for name, text in UNITS.items():
            (self.units / name).write_text(text)
        with self._log.open("wb") as log:
            command = ["unshare", "--mount", "sh", "-c", AROUND, "sh", root, WITHIN, preparation]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def end(self) -> None:
        """The namespaces end with their first process, and all others in them."""
        with contextlib.suppress(StopIteration, ProcessLookupError, psutil.Error):
            os.kill(self.first_process, signal.SIGKILL)
        self._process.wait(EVENTUALLY_S)

    @property
    def first_process(self) -> int:
        """Its PID 1, as it is called outside."""
        family = psutil.Process(self._process.pid).children(recursive=True)
        return next(one.pid for one in family if one.name() == "systemd")

    def run(self, *command: str, timeout_s: float = 30) -> subprocess.CompletedProcess[str]:
        """Run a program within, and give all it says."""
        return subprocess.run(
            ["nsenter", f"--target={self.first_process}", "--mount", "--pid", "--cgroup", *command],
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
        )

    def enter(self, *command: str, timeout_s: float = 30) -> str:
        """Run a program within that has to succeed, and give what it prints."""
        done = self.run(*command, timeout_s=timeout_s)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def control(self, *words: str) -> str:
        """``systemctl``; it does not wait for what it asks for."""
        return self.enter("systemctl", "--no-block", *words)

    def read(self, unit: str, *properties: str) -> dict[str, str]:
        """Properties of a unit."""
        lines = self.enter("systemctl", "show", f"--property={','.join(properties)}", unit).splitlines()
        return dict(line.split("=", 1) for line in lines)

    def write(self, unit: str, service: str, unit_section: str = "") -> None:
        """A unit; it is read when it is asked for first."""
        text = f"[Unit]\nDefaultDependencies=no\n{unit_section}\n[Service]\n{service}\n"
        (self.units / unit).write_text(text)


def _is_ready(systemd):
    async def ask():
        bus = SystemdBus(systemd.address, lambda *_: None)
        try:
            await bus.open()
        finally:
            await bus.close()

    with contextlib.suppress(OSError):
        asyncio.run(ask())
        return True
    return False


@contextlib.contextmanager
def running_systemd(require_program, preparation=""):
    """One that runs; without the right to make namespaces the test is skipped, in CI it fails."""
    for program in ("unshare", "systemctl", "dbus-daemon"):
        require_program(program)
    if not PROGRAM.exists():
        missing("systemd is not installed (tools/test-packages brings it)")
    root = Path(tempfile.mkdtemp(prefix="bw-", dir="/tmp"))
    systemd = Systemd(root, preparation)
    try:
        give_up = time.monotonic() + EVENTUALLY_S
        while not _is_ready(systemd):
            if systemd.has_ended or time.monotonic() > give_up:
                missing(f"systemd cannot run in namespaces here: {systemd.log}")
            time.sleep(0.05)
        yield systemd
    finally:
        systemd.end()
        shutil.rmtree(root)
