import pytest
from typer.testing import CliRunner

from benchmarks.__main__ import app
from benchmarks.campaign import Campaign, Effort
from benchmarks.mesh_campaign import MeshEffort
from benchmarks.servers import OURS

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.takes(6),
]  # others run beside: what takes ten seconds may take a minute


def test_a_run_takes_the_figures_it_is_asked_for_and_no_others():
    effort = Effort(
        stages=("1:1", "latency", "process"),
        servers=(OURS,),
        line_bytes=(100,),
        rounds=1,
        duration_s=0.02,
        pings=3,
        starts=1,
    )
    said = []
    results = Campaign(effort, said.append).run()
    assert results.problems == []
    assert [(cell.shape, cell.transport, len(cell.runs)) for cell in results.rates] == [
        ("1:1", "tcp", 1),
        ("1:1", "unix", 1),
    ]
    assert [cell.transport for cell in results.latencies] == ["tcp", "unix"]
    assert set(results.idle_bytes) == set(results.ready_s) == {OURS}
    assert results.peaks()["1:1", 100] > 1024 * 1024
    assert results.crowds == []
    assert results.codecs == []
    assert results.mesh.linked_bytes > 1024 * 1024
    assert results.mesh.hops == []
    assert said == [
        "1:1, 100-byte lines",
        "one-way latency",
        f"start and memory of {OURS}",
        "memory of a linked router",
    ]


def test_linked_servers_are_parts_of_their_own():
    mesh = MeshEffort(chain_messages=1_000, attempts=4, attacks=1, attacked_pings=10, cycles=1)
    effort = Effort(
        stages=("hop", "chain", "passwords"), servers=(OURS,), line_bytes=(100,), rounds=1, duration_s=0.02, mesh=mesh
    )
    found = Campaign(effort, [].append).run()
    assert found.problems == []
    assert [(cell.server, cell.line_bytes) for cell in found.mesh.hops] == [(OURS, 100)]
    assert found.mesh.chain.tally.received == 1_000
    assert [(attack.sources, sum(attack.reasons.values())) for attack in found.mesh.attacks] == [(1, 4), (4, 4)]
    assert found.rates == []
    assert found.mesh.converged_s == {}


def test_an_unknown_part_is_named_with_those_there_are():
    done = CliRunner().invoke(app, ["--only", "2:2"], env={"COLUMNS": "200"})
    assert done.exit_code == 2
    assert "'2:2' is none of 1:1, 1:8, 8:1, broadcast" in done.output
