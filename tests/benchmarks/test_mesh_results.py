import json

import pytest

from benchmarks.deploying import Deploying
from benchmarks.hops import Chain, HopRates
from benchmarks.measure import Rate
from benchmarks.mesh_report import mesh_tables
from benchmarks.mesh_results import HopCell, MeshResults, judge_mesh
from benchmarks.numbered import Tally
from benchmarks.passwords import Attack, spread
from benchmarks.report import to_json
from benchmarks.results import Results, judge
from benchmarks.servers import NATS, OURS
from benchmarks.switching import Switching


def rate(per_s, cpu_us=0.4, far_cpu_us=0.0):
    return Rate(per_s, 10, 0, 1, cpu_us, 1024, "" if per_s else "failed", far_cpu_us)


def mesh(hop_per_s=600.0, disordered=0, attacked_s=2e-4, healed_s=3.0, linked_mib=64, **deployed):
    lost, switched_s, doubled, promoted_s, restored_s = (
        deployed.get(name, good)
        for name, good in (("lost", 0), ("switched_s", 1.0), ("doubled", 0), ("promoted_s", 1.0), ("restored_s", 2.0))
    )
    return MeshResults(
        hops=[
            HopCell(OURS, 100, HopRates([rate(1000.0)], [rate(hop_per_s, 0.4, 0.5)])),
            HopCell(NATS, 100, HopRates([rate(1000.0)], [rate(100.0)])),
        ],
        chain=Chain(3, 10, 100, Tally(10, 0, 0, disordered, 0, 2.0), (0.1, 0.2, 0.3, 0.4)),
        attacks=[Attack(1, 1_000, spread([1e-4] * 100), spread([attacked_s] * 100), 0.5, {"busy": 1_000})],
        converged_s={"join": [0.5, 0.4], "kill -9": [0.1, 0.2], "restart": [1.0, healed_s]},
        switching=Switching(sent=1_000, elapsed_s=1.0, lost=lost, acknowledged_s=[0.1, switched_s]),
        deploying=Deploying(Switching(sent=2_000, doubled=doubled), [0.1, promoted_s], [0.2], [0.3, restored_s], [0.1]),
        linked_bytes=linked_mib * 1024 * 1024,
    )


def test_each_figure_is_held_against_its_bar():
    assert {bar.what: (bar.found, bar.met) for bar in judge_mesh(mesh())} == {
        "rate over one hop, 100-byte lines": ("0.60 x (CPU 0.80 x)", True),
        "of 10 over 3 hops lost/doubled/wrong": ("0 / 0 / 0", True),
        "p99, 1,000 wrong passwords, 1 address": ("2.00 x", True),
        "five in a line agree after join": ("0.50 s", True),
        "five in a line agree after kill -9": ("0.20 s", True),
        "five in a line agree after restart": ("3.00 s", True),
        "switch acknowledged by 5 routers": ("1.00 s", True),
        "of 1,000 while switching lost/doubled/wrong": ("0 / 0 / 0", True),
        "5 routers obey promote": ("1.00 s", True),
        "5 routers obey abort, of colours": ("0.20 s", True),
        "5 routers obey abort, of weights": ("2.00 s", True),
        "of 2,000 while deploying lost/doubled/wrong": ("0 / 0 / 0", True),
        "resident with a router link too": ("64.0 MiB", True),
    }


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"hop_per_s": 590.0}, "rate over one hop, 100-byte lines"),
        ({"disordered": 1}, "of 10 over 3 hops lost/doubled/wrong"),
        ({"attacked_s": 2.1e-4}, "p99, 1,000 wrong passwords, 1 address"),
        ({"healed_s": 3.1}, "five in a line agree after restart"),
        ({"switched_s": 1.1}, "switch acknowledged by 5 routers"),
        ({"promoted_s": 1.1}, "5 routers obey promote"),
        ({"restored_s": 2.1}, "5 routers obey abort, of weights"),
        ({"doubled": 1}, "of 2,000 while deploying lost/doubled/wrong"),
        ({"lost": 1}, "of 1,000 while switching lost/doubled/wrong"),
        ({"linked_mib": 65}, "resident with a router link too"),
    ],
)
def test_a_bar_can_be_missed(changed, what):
    assert [bar.what for bar in judge_mesh(mesh(**changed)) if not bar.met] == [what]


def test_a_hop_that_failed_has_no_bar():
    assert "rate over one hop, 100-byte lines" not in {bar.what for bar in judge_mesh(mesh(hop_per_s=None))}


def test_each_figure_has_its_row_and_what_was_not_measured_has_none():
    assert [table.row_count for table in mesh_tables(mesh())] == [2, 1, 1, 1, 3, 1, 4]
    assert judge_mesh(MeshResults()) == []
    assert {table.row_count for table in mesh_tables(MeshResults())} == {0}


def test_a_spread_tells_the_middle_the_late_and_the_latest():
    told = spread([number / 1000 for number in range(200)])
    assert (told.count, told.p50_s, told.p99_s, told.worst_s) == (200, 0.1, 0.198, 0.199)


def test_the_json_holds_it_all():
    found = Results(mesh=mesh(hop_per_s=590.0))
    told = json.loads(to_json(found, judge(found)))
    assert told["mesh"]["hops"][0]["ratio_to_local"] == 0.59
    assert told["mesh"]["attacks"][0]["reasons"] == {"busy": 1_000}
