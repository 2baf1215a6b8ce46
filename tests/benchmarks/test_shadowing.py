import pytest

from benchmarks.shadow_far import STATES
from benchmarks.shadow_path import AT_ONCE, PathPlan
from benchmarks.shadow_path import SHARES as PATH_SHARES
from benchmarks.shadowing import SHARES, Halves, ShadowPlan, measure_shadowing


def test_chance_is_what_halves_without_copies_differ_by():
    assert Halves(off=[1.0, 1.5, 1.0], on=[1.0] * 3).chance == 1.5
    assert Halves(off=[1.0] * 39 + [2.0], on=[1.0] * 40).chance == 1.0
    assert Halves(off=[1.0], on=[1.0]).chance == 1.0


@pytest.mark.timeout(300)
@pytest.mark.takes(8)
def test_a_primary_is_measured_with_copies_and_without():
    found = measure_shadowing(ShadowPlan(alternations=2, messages=60, path=PathPlan(alternations=1, messages=40)))
    assert len(found.path) == len(STATES) * len(PATH_SHARES) * len(AT_ONCE)
    assert min(one.ratio for one in found.path) > 0
    assert set(found.cpu_us) == {*(f"{share:g}" for share in SHARES), "others"}
    assert {len(half) for halves in found.cpu_us.values() for half in (halves.off, halves.on)} == {2}
    assert found.cpu_us["1"].ratio > 1
    assert min(found.p99_s["1"].off) > 0
