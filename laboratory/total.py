"""What was played of one commit, added up in a file: of the laboratory, and of the simulated clocks."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]


def total_of_commit(player: str) -> Path:
    """Where it is kept what was played of this commit.

    Args:
        player: What plays; each has a folder of its own.
    """
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    return ROOT / ".cache" / player / f"total-{told.stdout.strip() or 'unknown'}.json"


def add(played: Mapping[str, float | str], path: Path) -> None:
    """Add to a total.

    Args:
        played: Numbers, which are added up, and words, such as which seeds were played, which stand one after the other.
        path: Of the total; it is made if there is none.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    total = json.loads(path.read_text()) if path.exists() else {}
    for name, value in played.items():
        before = total.get(name)
        if isinstance(value, str):
            total[name] = " ".join(filter(None, (before, value)))
        else:
            total[name] = round((before or 0) + value, 1)
    path.write_text(json.dumps(total) + "\n")
