"""Two routers are compared round by round; how fast they are is no matter of tests."""

import io
import subprocess
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.beside import BesidePlan, BesideRow, beside_table, check_out, judge_beside, measure_beside
from benchmarks.errors import BenchmarkError
from benchmarks.servers import OURS, run_server
from benchmarks.shapes import SHAPES
from benchmarks.workers import run_workers

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.timeout(300)  # others run beside: what takes ten seconds may take a minute


def test_a_row_is_judged_by_the_middle_of_its_rounds():
    rows = [
        BesideRow("1:1", "abc", [(100.0, 100.0), (97.0, 100.0), (50.0, 100.0)], [(2.0, 1.0)] * 3),
        BesideRow("1:8", "abc", [(96.0, 100.0)], [(1.0, 1.0)]),
    ]
    assert [(bar.what, bar.found, bar.met) for bar in judge_beside(rows)] == [
        ("1:1, beside abc", "0.970 x", True),
        ("1:8, beside abc", "0.960 x", False),
    ]
    console = Console(width=120, file=io.StringIO())
    console.print(beside_table(rows))
    shown = [line.split() for line in console.file.getvalue().splitlines()]
    assert next(words for words in shown if words[0] == "1:1") == [
        *("1:1", "abc", "10000.000", "10309.278", "0.970", "0.50-1.00", "2.00")
    ]


def test_a_commit_is_unpacked_once_below_the_folder_for_what_is_built(tmp_path):
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@b")
    (tmp_path / "communicator").mkdir()
    (tmp_path / "communicator" / "__init__.py").write_text("first\n")
    for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "first"]):
        subprocess.run((*git, *words), cwd=tmp_path, check=True)
    (tmp_path / "communicator" / "__init__.py").write_text("changed\n")
    folder = check_out("HEAD", tmp_path)
    assert folder.is_relative_to(tmp_path / "build")
    assert (folder / "communicator" / "__init__.py").read_text() == "first\n"
    assert check_out("HEAD", tmp_path) == folder
    with pytest.raises(BenchmarkError, match="git rev-parse"):
        check_out("nowhere", tmp_path)


def test_each_round_takes_both(tmp_path):
    """The other tree is one whose router is this one, under another path."""
    (tmp_path / "communicator").symlink_to(ROOT / "communicator")
    plan = BesidePlan(
        commit="abc", servers=[OURS], shapes=SHAPES[:1], line_bytes=[100], pings=3, duration_s=0.02, rounds=2
    )
    said = []
    with run_workers() as workers:
        rows = measure_beside(plan, tmp_path, workers, said.append)
    assert [row.what for row in rows] == [
        *(f"1:1, 100 B, {transport}, {OURS}" for transport in ("tcp", "unix")),
        *(f"latency, {transport}, {OURS}" for transport in ("tcp", "unix")),
    ]
    assert said == [f"{row.what}, beside abc" for row in rows]
    assert {len(row.per_cpu_s) for row in rows} == {len(row.per_s) for row in rows} == {2}
    assert min(figure for row in rows for both in (*row.per_cpu_s, *row.per_s) for figure in both) > 0


def test_the_router_of_a_tree_is_run_from_there(tmp_path):
    folder = tmp_path / "communicator" / "daemon"
    folder.mkdir(parents=True)
    (tmp_path / "communicator" / "__init__.py").touch()
    (folder / "__init__.py").touch()
    (folder / "main.py").write_text("def main():\n    raise SystemExit('the other tree')\n")
    with pytest.raises(BenchmarkError, match="the other tree"), run_server(OURS, tree=tmp_path):
        pass
