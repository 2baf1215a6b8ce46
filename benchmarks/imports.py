"""What importing the client side costs beside asyncio, each time in a fresh interpreter; it imports neither itself."""

import subprocess
import sys

_ROUNDS = 15
_PROGRAM = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


def measure(rounds: int = _ROUNDS) -> dict[str, float]:
    """Least seconds of importing asyncio, communicator and communicator.client, taken in turn."""
    times_s: dict[str, list[float]] = {"asyncio": [], "communicator": [], "communicator.client": []}
    for _ in range(rounds):
        for module, taken in times_s.items():
            taken.append(_import_s(module))
    return {module: min(taken) for module, taken in times_s.items()}


def _import_s(module: str) -> float:
    program = [sys.executable, "-c", _PROGRAM.format(module)]
    return float(subprocess.run(program, check=True, capture_output=True, text=True).stdout)
