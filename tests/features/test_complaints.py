import json
import logging

import pytest

from communicator.features.complaints import LOGGER, FewComplaints, quieten
from communicator.features.evaluation import Evaluator


@pytest.fixture(autouse=True)
def fresh():
    """Each test begins with a logger that lets everything through."""
    logger = logging.getLogger(LOGGER)
    kept, logger.filters = logger.filters, []
    yield
    logger.filters = kept


def flag(targeting):
    variants = {"on": True, "off": False}
    return json.dumps(
        {"state": "ENABLED", "variants": variants, "defaultVariant": "off", "targeting": targeting}
    ).encode()


NOISY = {
    "no targeting key": ({"fractional": [["on", 1], ["off", 1]]}, ["No valid string targetingKey", "No hashKey"]),
    "no version": ({"if": [{"sem_ver": [{"var": "version"}, ">", "1.0"]}, "on"]}, ["1:2.5.0-1"]),
}


@pytest.mark.parametrize(("targeting", "words"), NOISY.values(), ids=NOISY)
def test_few_of_the_lines_about_contexts_are_let_through(caplog, targeting, words):
    quieten()
    quieten()
    evaluator = Evaluator()
    evaluator.replace({"f": flag(targeting)})
    for _ in range(20):
        assert evaluator.evaluated("f", {"version": "1:2.5.0-1"}).variant == "off"
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 5 * len(words)  # the 1st, 2nd, 4th, 8th and 16th
    assert all(any(word in line for word in words) for line in lines)
    assert lines[-1].endswith("(16 times)")
    assert [record.exc_info for record in caplog.records] == [None] * len(lines)


def test_it_is_asked_for_once():
    quieten()
    quieten()
    assert [type(each) for each in logging.getLogger(LOGGER).filters] == [FewComplaints]
