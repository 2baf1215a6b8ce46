import pytest

from timekeeper.discipline import Reference
from timekeeper.sources.refid import find_reference, remark_on_server


@pytest.mark.parametrize(
    ("refid", "reference"),
    [
        ("192.0.2.1", Reference.OUTSIDE),
        ("GPS", Reference.OUTSIDE),
        ("127.127.20.0", Reference.OUTSIDE),
        ("INIT", Reference.NONE),
        ("STEP", Reference.NONE),
        ("0.0.0.0", Reference.NONE),
        ("", Reference.NONE),
        ("LOCL", Reference.OWN_CLOCK),
        ("127.127.1.0", Reference.OWN_CLOCK),
        ("127.0.0.1", Reference.OWN_CLOCK),  # orphan mode
    ],
)
def test_references(refid, reference):
    assert find_reference(refid) is reference


@pytest.mark.parametrize(
    ("refid", "remarks"),
    [
        ("GPS", ()),
        ("INIT", ()),
        ("127.127.1.1", ("b serves its own clock as if it were true: its reference is 127.127.1.1",)),
    ],
)
def test_servers(refid, remarks):
    assert remark_on_server("b", refid) == remarks
