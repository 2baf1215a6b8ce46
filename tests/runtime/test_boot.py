import uuid
from pathlib import Path

from communicator.runtime import boot


def test_the_kernel_tells_its_boot():
    assert uuid.UUID(boot.read_boot_id())
    assert boot.read_boot_id() == boot.read_boot_id()


def test_a_kernel_that_does_not_tell(monkeypatch, tmp_path):
    monkeypatch.setattr(boot, "_BOOT_ID", Path(tmp_path / "absent"))
    assert boot.read_boot_id() == ""
