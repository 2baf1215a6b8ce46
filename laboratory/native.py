"""What is written in C: compiled when it is first used, and the clock of a host as the laboratory reads and disturbs it."""

import ctypes
import hashlib
import os
import subprocess
from pathlib import Path

FOLDER = Path(__file__).parent
BUILT = FOLDER.parent / ".cache/laboratory"
NS_PER_S = 1_000_000_000


def build(source: str, *options: str) -> Path:
    """Compile a file of this folder, unless that was done before; gcc has to be there.

    Returns:
        What came of it.
    """
    text = (FOLDER / source).read_bytes()
    built = BUILT / f"{source}-{hashlib.sha256(text).hexdigest()[:16]}"
    if not built.exists():
        BUILT.mkdir(parents=True, exist_ok=True)
        new = built.with_suffix(f".{os.getpid()}")
        subprocess.run(["gcc", "-O2", "-o", new, *options, FOLDER / source, "-lm"], check=True, timeout=120)
        new.replace(built)  # another laboratory may do the same
    return built


def clock_library() -> Path:
    """What is laid over the processes of a host."""
    return build("clock.c", "-shared", "-fPIC")


class Clock:
    """The clock of one host.

    Args:
        path: Where it is kept: a file that does not exist yet, or the clock goes on.
        epoch_ns: True time minus the raw clock of this machine, which keeps it.
        ahead_s: How far it is ahead of true time at the beginning.
        ppm: How much faster its oscillator runs than this machine's.
    """

    def __init__(self, path: Path, epoch_ns: int, ahead_s: float = 0.0, ppm: float = 0.0) -> None:
        self.path = path
        self._c = ctypes.CDLL(str(clock_library()))
        for name, result, *arguments in (
            ("open", ctypes.c_void_p, ctypes.c_char_p),
            ("begin", None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_double),
            ("ahead", ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64),
            ("step", None, ctypes.c_void_p, ctypes.c_int64),
            ("drift", None, ctypes.c_void_p, ctypes.c_double),
        ):
            function = getattr(self._c, f"clock_{name}")
            function.restype, function.argtypes = result, arguments
        self._memory = self._c.clock_open(os.fsencode(path))
        self._c.clock_begin(self._memory, epoch_ns, round(ahead_s * NS_PER_S), ppm * 1e-6)

    def ahead_s(self, raw_ns: int) -> float:
        """How far it was ahead of true time at a moment of this machine's raw clock, in the past of some minutes."""
        return int(self._c.clock_ahead(self._memory, raw_ns)) / NS_PER_S

    def step(self, seconds: float) -> None:
        """Set it forward, or back."""
        self._c.clock_step(self._memory, round(seconds * NS_PER_S))

    def drift(self, ppm: float) -> None:
        """Let its oscillator run at another rate."""
        self._c.clock_drift(self._memory, ppm * 1e-6)
