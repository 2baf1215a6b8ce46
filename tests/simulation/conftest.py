"""What the tests of the simulator share."""

import pytest

from communicator.router.vocabulary.registry import Registry


@pytest.fixture
def make_core_with():
    """Makes an object of the router's, with attributes of the test's choice and no others."""

    def make(**attributes):
        core = Registry.__new__(Registry)
        core.__dict__.update(attributes)
        return core

    return make
