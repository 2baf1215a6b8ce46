"""A real polkitd on a real systemd for a test, with the rules of deploy/polkit, and a user who asks for units."""

import contextlib
import re

from tests.conftest import ROOT
from tests.own_systemd import BARE_HOST, running_systemd

POLKITD = "usr/lib/polkit-1/polkitd"
RULES = "/etc/polkit-1/rules.d"
LIST = f"{RULES}/40-bellwether-units.rules"

[INSTALL] = re.findall(r"^```sh\n(cd .*?)^```", (ROOT / "docs/executors.md").read_text(), re.MULTILINE | re.DOTALL)
"""The commands of the page."""

WITH_POLKIT = f"""{BARE_HOST}
mount -t tmpfs -o mode=0755 tmpfs /mnt
mkdir /mnt/debian
mount --bind /opt/checkout/.cache/debian/root /mnt/debian
cp /mnt/debian/usr/share/dbus-1/system.d/org.freedesktop.PolicyKit1.conf /usr/share/dbus-1/system.d/
rm -f /usr/share/dbus-1/system-services/org.freedesktop.PolicyKit1.service # so that nobody starts it but the test
getent passwd polkitd >/dev/null || useradd --system --user-group --no-create-home --home-dir / polkitd
useradd --system --user-group --no-create-home --home-dir / bellwether
useradd --system --user-group --no-create-home --home-dir / stranger
rm -rf /etc/polkit-1 /usr/share/polkit-1/rules.d
mkdir -p {RULES} /usr/share/polkit-1/rules.d
{INSTALL.replace("/path/to/this/checkout", "/opt/checkout")}
"""

UNIT = """\
Type=dbus
BusName=org.freedesktop.PolicyKit1
User=polkitd
Environment=LD_LIBRARY_PATH={libraries}
ExecStart=/mnt/debian/{polkitd} --no-debug --log-level=notice
"""


@contextlib.contextmanager
def running_polkit(require_program, debian_program):
    """A systemd whose polkitd runs; as `running_systemd`."""
    libraries = debian_program("polkitd", POLKITD).environment["LD_LIBRARY_PATH"]
    within = libraries.replace(f"{ROOT}/.cache/debian/root", "/mnt/debian")
    with running_systemd(require_program, WITH_POLKIT) as systemd:
        systemd.write("polkit.service", UNIT.format(libraries=within, polkitd=POLKITD), "StartLimitIntervalSec=0")
        systemd.enter("systemctl", "start", "polkit.service")
        yield systemd


def write_list(systemd, units=(), text=None):
    """Have the list of a host hold these units, none as it is shipped, or this text; polkitd has read it then."""
    shipped = (ROOT / "deploy/polkit" / LIST.rpartition("/")[2]).read_text()
    lines = "".join(f'    "{unit.replace(chr(92), chr(92) * 2)}",\n' for unit in units)
    wanted = text if text is not None else shipped.replace("];", f"{lines}];")
    if systemd.run("cat", LIST).stdout == wanted:
        return
    (systemd.root / "run/list").write_text(wanted)
    systemd.enter("install", "-m", "0644", "/run/list", LIST)
    systemd.enter("systemctl", "restart", "polkit.service")
