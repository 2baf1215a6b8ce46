"""The total of several runs counts no case twice, and only what ran on the code that is there."""

import json

import pytest

from fuzz import kept
from fuzz.kept import add_up, keep


def run(seed, first, cases, **more):
    return {"seed": seed, "first": first, "counts": {"cases": cases, **more}}


@pytest.mark.parametrize(
    ("runs", "total"),
    [
        ([], {}),
        ([run(1, 0, 10), run(2, 0, 5)], {"cases": 15}),
        ([run(1, 0, 10), run(1, 10, 5)], {"cases": 15}),
        ([run(1, 0, 10), run(1, 0, 20)], {"cases": 20}),
        ([run(1, 0, 10), run(1, 9, 5)], {"cases": 10}),
        ([run(1, 0, 10, messages=30), run(2, 0, 1, messages=2)], {"cases": 11, "messages": 32}),
    ],
    ids=["none", "other seeds", "goes on", "again and longer", "overlap", "two counts"],
)
def test_no_case_counts_twice(runs, total):
    assert add_up(runs) == total


def test_runs_on_other_code_and_of_other_campaigns_stay_apart(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "KEPT", tmp_path / "build" / "counts.jsonl")
    for commit, name, seed in (("abc", "tcp", 1), ("abc", "unix", 2), ("def", "tcp", 3)):
        monkeypatch.setattr(kept, "_committed", lambda commit=commit: commit)
        told = keep(name, seed, 0, {"cases": 10})
    assert told == "; 10 cases in all at commit def"
    assert keep("tcp", 4, 0, {"cases": 5}) == "; 15 cases in all at commit def"
    assert len([json.loads(line) for line in kept.KEPT.read_text().splitlines()]) == 4


def test_what_is_not_committed_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "KEPT", tmp_path / "build" / "counts.jsonl")
    assert keep("tcp", 1, 0, {"cases": 10}) == ""
    assert not kept.KEPT.exists()
