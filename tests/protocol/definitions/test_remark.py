"""A remark reads like one of a compiler."""

from communicator.protocol.definitions.remark import Remark, Severity


def test_a_remark_is_one_line():
    assert str(Remark("a/STOP.conf", 3, Severity.ERROR, "no")) == "a/STOP.conf:3: error: no"
