"""How a command that fails ends."""

import pytest
import typer

from bellwether.failure import CommandError
from bellwether.options import told
from communicator.errors import ConfigError, NotConnectedError


@pytest.mark.parametrize(
    ("error", "exit_code", "line"),
    [
        (CommandError("not here", 2), 2, "bellwether: not here\n"),
        (ConfigError("auth.mode", "is wrong"), 1, "bellwether: auth.mode: is wrong\n"),
        (NotConnectedError("no router"), 69, "bellwether: no router\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_a_failure_is_a_line_and_an_exit_code(capsys, error, exit_code, line):
    with pytest.raises(typer.Exit) as ended, told():
        raise error
    assert ended.value.exit_code == exit_code
    assert capsys.readouterr().err == line


def test_our_own_mistakes_are_not_hidden():
    with pytest.raises(ZeroDivisionError), told():
        raise ZeroDivisionError
