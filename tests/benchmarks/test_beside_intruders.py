import pytest

from benchmarks.beside_intruders import ATTACKS, Half, IntruderCell, judge_intruders, measure_intruders
from benchmarks.servers import OURS
from benchmarks.workers import run_workers
from communicator.protocol.limits import LINE_BYTES, LINE_BYTES_HARD


def test_messages_are_timed_beside_an_attack_and_without_it():
    with run_workers() as workers:
        for attack in (ATTACKS[0], ATTACKS[-1]):
            cell = measure_intruders(OURS, attack, 2, 1, 5, workers)
            assert [half.count for half in (*cell.idle, *cell.attacked)] == [5, 5]
            assert 0 < cell.median("idle", "cpu_p50_s") <= cell.median("idle", "cpu_p99_s")
            assert (cell.cut > 0) == (attack.door == "remote"), "a stranger that says a long line is cut"


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_what_intruders_say_are_whole_lines_that_come_through_the_door(attack):
    assert attack.chunk.endswith(b"\n")
    assert len(attack.line) <= (LINE_BYTES_HARD if attack.door == "remote" else LINE_BYTES)


@pytest.mark.parametrize(
    ("links", "idle_s", "attacked_s", "met"),
    [
        (1, 0.0001, 0.0019, True),
        (1, 0.0001, 0.0021, False),
        (1, 0.001, 0.0049, True),
        (1, 0.001, 0.0051, False),
        (64, 0.0001, 0.0079, True),
        (64, 0.0001, 0.0081, False),
        (64, 0.001, 0.0199, True),
        (64, 0.001, 0.0201, False),
    ],
)
def test_the_bar_is_a_multiple_of_the_idle_latency_or_some_milliseconds(links, idle_s, attacked_s, met):
    idle, attacked = ([Half(100, 0.0, p99_s, 0.0)] for p99_s in (idle_s, attacked_s))
    [bar] = judge_intruders([IntruderCell("bellwether", "it", links, idle, attacked)])
    assert bar.met is met
