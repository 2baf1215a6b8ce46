"""What is read of CLOCK_CURRENT_REPORT is what the timekeeper writes into it."""

import pytest

from exporters import timekeeper_report as ours
from timekeeper import cluster_report, report

SHAPES = [
    (ours.Claim, report.ClaimReport),
    (ours.Kernel, report.KernelReport),
    (ours.Peer, report.PairReport),
    (ours.Local, report.LocalReport),
    (ours.Host, cluster_report.HostReport),
    (ours.Cross, cluster_report.CrossReport),
    (ours.Thresholds, cluster_report.ThresholdsReport),
    (ours.References, cluster_report.ReferencesReport),
    (ours.ClockReport, cluster_report.SolvedReport),
]


@pytest.mark.parametrize(("read", "written"), SHAPES, ids=lambda shape: shape.__name__)
def test_each_key_is_one_the_timekeeper_writes(read, written):
    assert set(read.__struct_encode_fields__) <= set(written.__struct_encode_fields__)


def test_numbers_are_by_name_and_what_is_not_known_is_left_out():
    hosts = (ours.Host("alpha", 0.5, critical=True), ours.Host("beta", -1, critical=False), ours.Host("gamma"))
    assert ours.samples_by_name(hosts, "host", "offset_seconds") == {("alpha",): 0.5, ("beta",): -1.0}
    assert ours.samples_by_name(hosts, "host", "critical") == {("alpha",): 1.0, ("beta",): 0.0}
    assert ours.samples_by_name((), "host", "critical") == {}
