"""How strictly a client holds messages to their definitions, and where those come from; what follows is told elsewhere."""

import logging
from typing import TYPE_CHECKING, Self

from communicator.client.event_log import log_event
from communicator.errors import ConfigError
from communicator.protocol.message import Message

if TYPE_CHECKING:  # they take some 25 ms to import, and who checks nothing needs none
    from pathlib import Path

    from communicator.protocol.definitions import Checker, Checking


class Checks:
    """What the clients it is given to check; several may share one.

    .. code-block:: python

        checks = Checks.load("debug", "/usr/share/bellwether/messages")
        client = Client("cd:///run/bellwether/communicatord.sock", "asker", checks=checks)

    Args:
        checking: What becomes of a message that is not as it was defined.
        checker: Says what is wrong with it.
    """

    def __init__(self, checking: "Checking", checker: "Checker") -> None:
        self.checking = checking
        self._checker = checker

    @classmethod
    def load(cls, checking: "Checking | str", *directories: "str | Path") -> Self:
        """Read definition files, unless checking is off; what is wrong in one is logged, and the rest is used.

        Args:
            checking: ``off``, ``debug`` or ``enforce``.
            directories: Where definitions are besides the ones the suite ships, the more important first; one that is not
                there has none.

        Raises:
            ConfigError: Checking is none of the three, or a directory or a file cannot be read.
        """
        from pathlib import Path  # noqa: PLC0415 - as above

        from communicator.definitions import load_catalogue  # noqa: PLC0415
        from communicator.protocol.definitions import Catalogue, Checker, Checking, Severity  # noqa: PLC0415

        try:
            how = Checking(checking)
        except ValueError:
            raise ConfigError("checking", f"{checking!r} is none of {', '.join(Checking)}") from None
        if how is Checking.OFF:
            return cls(how, Checker(Catalogue()))
        catalogue, remarks = load_catalogue(map(Path, directories))
        for remark in remarks:
            if remark.severity is Severity.ERROR:
                log_event(
                    logging.WARNING, "definition_refused", path=remark.source, line=remark.line, reason=remark.text
                )
        return cls(how, Checker(catalogue))

    @property
    def is_off(self) -> bool:
        """Whether no message is looked at."""
        return self.checking == "off"

    @property
    def is_enforced(self) -> bool:
        """Whether a faulty message goes no further."""
        return self.checking == "enforce"

    def fault(self, message: Message, server: str) -> str:
        """What is wrong with a message; empty when nothing is.

        Args:
            message: What is said, or was heard.
            server: The server of our router; empty while it is not known.
        """
        return self._checker.fault(message, server)
