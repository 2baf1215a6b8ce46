"""What is read of an answer is what the daemon that gives it writes."""

import pytest

from bellwether.canary_events import Verification
from canary import report as canary
from canary.views import ExplainView, LineView, MeasureView, VerifyView
from communicator.answers import explanations, releases
from communicator.answers.histogram import Bucket, Histogram

SHAPES = [
    (releases.Cell, canary.CellReport),
    (releases.Release, canary.ReleaseReport),
    (releases.SickServer, canary.ServerReport),
    (releases.Freeze, canary.FreezeReport),
    (releases.Override, canary.OverrideReport),
    (releases.RunCount, canary.RunCount),
    (releases.VerdictCount, canary.VerdictCount),
    (releases.Standing, canary.Standing),
    (releases.CanaryReport, canary.CurrentReport),
    (explanations.Explanation, ExplainView),
    (explanations.Line, LineView),
    (explanations.Measure, MeasureView),
    (Verification, VerifyView),
    (Histogram, canary.DetectionReport),
    (Bucket, canary.BucketCount),
]


@pytest.mark.parametrize(("read", "written"), SHAPES, ids=[written.__name__ for _, written in SHAPES])
def test_each_key_is_one_the_daemon_writes(read, written):
    assert set(read.__struct_encode_fields__) <= set(written.__struct_encode_fields__)
