"""SHELL: the commands `bellwether shadow status`, `diff` and `discarded`: they ask, and print what the pure modules make of it."""

import asyncio
from collections.abc import Mapping
from functools import partial

from bellwether import conversation, shadow_diff, shadow_discarded, shadow_questions, shadow_tree, watching
from bellwether.answers import to_json
from bellwether.failure import UNDECIDED
from bellwether.places import find_router
from bellwether.screen import Screen, display
from bellwether.shadow_picture import Picture
from bellwether.watching import View
from communicator.answers.shadows import DiscardedLines
from communicator.wording.shadows import WORST_FIRST, Verdict

EXIT_CODES: Mapping[Verdict, int] = {
    "differs": 1,
    "may differ": UNDECIDED,
    "inconclusive": UNDECIDED,
    "nothing compared": UNDECIDED,
    "alike": 0,
}
"""What a command that shows shadows ends with."""


def status(communicator: str | None, service: str, *, watch: bool, as_json: bool) -> int:
    """Show how shadows do, once or until interrupted; returns the exit code that tells it.

    Args:
        communicator: What ``--communicator`` said.
        service: Of this service alone; empty: of all.
        watch: Whether it is shown again and again.
        as_json: Whether it is printed as JSON.

    Raises:
        CommandError: The router does not answer, or the service has no shadow.
    """
    view = View(partial(shadow_questions.picture, service=service), shadow_tree.render, shadow_tree.gist)
    return exit_code(watching.show(communicator, view, watch=watch, as_json=as_json))


def differences(communicator: str | None, service: str, *, as_json: bool) -> int:
    """Show where the replies of shadows differ; returns the exit code that tells whether they do.

    Raises:
        CommandError: The router does not answer, or the service has no shadow.
    """
    view = View(partial(shadow_questions.picture, service=service), shadow_diff.render, shadow_tree.gist)
    return exit_code(watching.show(communicator, view, watch=False, as_json=as_json))


def exit_code(told: Picture) -> int:
    """The worst verdict of all shadows. Without one that counts, it is that nothing was compared."""
    verdicts = {one.verdict for one in told.shadows if not (one.is_reference or one.is_over)}
    worst = next((verdict for verdict in WORST_FIRST if verdict in verdicts), None)
    return UNDECIDED if worst is None else EXIT_CODES[worst]


def discarded(communicator: str | None, *, as_json: bool) -> None:
    """Show what shadows of the router's host have said to somebody who is not to hear it.

    Raises:
        CommandError: The router does not tell.
    """
    told = asyncio.run(_discarded(find_router(communicator)))
    if as_json:
        display(to_json(told))
        return
    Screen().print(shadow_discarded.render(told), soft_wrap=True)  # a line is shown whole


async def _discarded(address: str) -> DiscardedLines:
    async with conversation.connected(address) as client:
        return await shadow_questions.discarded(client)
