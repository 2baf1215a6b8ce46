"""Who gets in by a crowded door: a short run of each part, and the bars."""

import multiprocessing
import socket

import pytest

from benchmarks.crowded_doors import DoorEffort, Entered, attacking, judge_doors, measure_doors
from benchmarks.errors import BenchmarkError
from tests.conftest import EVENTUALLY_S

pytestmark = pytest.mark.timeout(300)


@pytest.mark.slow
@pytest.mark.takes(10)
def test_nobody_is_kept_out_while_others_crowd_the_door_or_guess():
    doors = measure_doors(DoorEffort(routers=2, guessers=4, tries=1, crowding_s=1.0, guessing_s=3.0))
    assert [*doors] == [
        *(f"{attack}, {who}" for attack in ("silent", "flood") for who in ("known", "new")),
        *("guesses, known", "guesses, new"),
    ]
    assert {name: (each.kept_out, each.of) for name, each in doors.items()} == {
        name: (0, 1 if name.startswith("guesses") else 2) for name in doors
    }


def leave(address, _source):
    socket.create_connection(address).close()


def attack_and_lose(door):
    with attacking(leave, door.getsockname(), ""):
        door.accept()[0].close()
        [process] = multiprocessing.active_children()
        process.join(EVENTUALLY_S)


def test_figures_beside_attackers_that_are_gone_are_none():
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(EVENTUALLY_S)
        with pytest.raises(BenchmarkError, match=r"^1 of 1 attackers ended by themselves, with exit codes \[0\]$"):
            attack_and_lose(door)


@pytest.mark.parametrize(
    ("name", "entered", "asked", "met"),
    [
        ("silent, new", Entered(0, 50, 9.0), "0, <= 10 s", True),
        ("silent, new", Entered(1, 50, 1.0), "0, <= 10 s", False),
        ("guesses, known", Entered(0, 10, 2.0), "0, <= 2 s", True),
        ("guesses, known", Entered(0, 10, 2.1), "0, <= 2 s", False),
        ("guesses, new", Entered(0, 10, 29.0), "0, <= 30 s", True),
        ("guesses, new", Entered(10, 10, 30.0), "0, <= 30 s", False),
    ],
)
def test_the_bars(name, entered, asked, met):
    [bar] = judge_doors({name: entered})
    assert (bar.what, bar.asked, bar.met) == (f"kept out beside {name}", asked, met)
