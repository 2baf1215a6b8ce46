"""How a command ends badly."""

import pytest

from bellwether.failure import CommandError


@pytest.mark.parametrize(("arguments", "exit_code"), [(("no",), 1), (("no", 2), 2)])
def test_an_error_carries_its_exit_code(arguments, exit_code):
    error = CommandError(*arguments)
    assert (str(error), error.exit_code) == ("no", exit_code)
