"""SHELL: what all commands share: the options that mean the same everywhere, and how a failure is told."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from bellwether.failure import UNREACHABLE, CommandError
from bellwether.screen_text import tell
from communicator.errors import BellwetherError, NotConnectedError

INTERRUPTED = 130
FLAG = " "  # a flag takes no value: without this its column would say <bool>

CommunicatorOption = Annotated[
    str | None,
    typer.Option(
        "--communicator",
        metavar="URL",
        help="Where the router listens (cd:///PATH or cd://HOST:PORT). Default: $BELLWETHER_COMMUNICATOR, the system's router, "
        "then the one started here by 'bellwether up'.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", metavar=FLAG, help="Print JSON for programs.")]
WaitOption = Annotated[bool, typer.Option("--wait", metavar=FLAG, help="Wait for the answer and print it.")]
TimeoutOption = Annotated[
    float, typer.Option("--timeout", metavar="SECONDS", min=0.001, help="How long to wait for the answer.")
]


@contextmanager
def told() -> Iterator[None]:
    """Tell what went wrong in one line, and end with its exit code."""
    try:
        yield
    except CommandError as error:
        _fail(error, error.exit_code)
    except BellwetherError as error:
        _fail(error, UNREACHABLE if isinstance(error, NotConnectedError) else 1)
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        sys.stdout = None  # the reader has left: say nothing more, not even while Python ends
        raise typer.Exit(1) from None


def _fail(error: Exception, exit_code: int) -> None:
    tell(f"bellwether: {error}")
    raise typer.Exit(exit_code)
