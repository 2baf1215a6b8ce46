import errno
import os
from pathlib import Path

import pytest

from timekeeper.sources.chrony_remedy import find_remedy

UDP = '; over UDP anyone on this host may ask: [sources] chrony = "127.0.0.1:323"'


@pytest.mark.parametrize(
    ("path", "number", "remedy"),
    [
        ("/proc/chronyd.sock", errno.EACCES, f": only root may ask there{UDP}"),
        ("/nowhere/at/all/chronyd.sock", errno.EPERM, f": only root and the user of chronyd may ask there{UDP}"),
        (
            "/run/chrony/chronyd.sock",
            errno.EROFS,
            f": the unit of this service has to say ReadWritePaths=/run/chrony{UDP}",
        ),
        ("/run/chrony/chronyd.sock", errno.ENOENT, ""),
        ("/run/chrony/chronyd.sock", None, ""),
    ],
)
def test_what_gives_the_permission(path, number, remedy):
    assert find_remedy(Path(path), number) == remedy


@pytest.mark.usefixtures("require_root")
@pytest.mark.parametrize(("owner", "users"), [(1, "root and daemon"), (54_321, "root and user 54321")])
def test_whose_directory_it_is(tmp_path, owner, users):
    os.chown(tmp_path, owner, -1)
    assert find_remedy(tmp_path / "chronyd.sock", errno.EACCES) == f": only {users} may ask there{UDP}"
