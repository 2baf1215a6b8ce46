"""What checking costs: which loads are measured, which of them have a bar, and that what is sent is good."""

import pytest

from benchmarks.campaign import Campaign, Effort
from benchmarks.checking import ALONE, DEFINITION, KINDS, MODES, CheckCell
from benchmarks.measure import Rate
from benchmarks.results import Results, judge
from benchmarks.servers import OURS
from benchmarks.shapes import LINE_BYTES, make_line
from communicator.protocol import decode
from communicator.protocol.definitions import Checker, SourceFile, read_catalogue

pytestmark = pytest.mark.timeout(300)  # others run beside: what takes ten seconds may take a minute


def cell(kind, enforced_per_s):
    rates = {"off": 1000.0, "debug": 500.0, "enforce": enforced_per_s}
    return CheckCell(kind, "1:1", 100, {mode: [Rate(per_s, 10, 0, 1, 0.5, 1024)] for mode, per_s in rates.items()})


def test_lines_that_are_checked_one_by_one_have_no_bar():
    found = Results(checks=[cell(kind, 240.0) for kind in KINDS] + [cell("plain", 260.0)])
    assert [(bar.what, bar.met) for bar in judge(found)] == [
        ("rate 1:1, 100-byte plain lines, all checked", False),
        ("rate 1:1, 100-byte quoted lines, all checked", False),
        ("rate 1:1, 100-byte plain lines, all checked", True),
    ]


@pytest.mark.parametrize("line_bytes", LINE_BYTES)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_sent_is_good_and_is_checked_as_it_is_to_be(kind, line_bytes):
    catalogue, remarks = read_catalogue([SourceFile("PAYLOAD", "PAYLOAD", DEFINITION.encode())])
    assert remarks == []
    checker = Checker(catalogue)
    line = make_line("receiver_0", line_bytes, KINDS[kind])
    assert checker.fault(decode(line)) == ""
    assert checker.passes_all(b"receiver_0/PAYLOAD", line * 100) == (kind != ALONE)


@pytest.mark.takes(8)
def test_each_kind_is_measured_in_each_mode():
    effort = Effort(stages=("checking",), servers=(OURS,), line_bytes=(100,), rounds=1, duration_s=0.02)
    found = Campaign(effort, [].append).run()
    assert found.problems == []
    assert [(each.kind, each.shape) for each in found.checks] == [*((kind, "1:1") for kind in KINDS), ("plain", "1:8")]
    assert all(set(each.runs) == set(MODES) and each.per_s("enforce") for each in found.checks)
