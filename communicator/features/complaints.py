"""SHELL: lets few of the lines through that flagd-core logs at each evaluation of some flags."""

import logging

from communicator.client.event_log import Repeats

LOGGER = "openfeature.contrib"
"""Of flagd-core: a context without a targeting key, or with a version that is none, is an error line each time."""


class FewComplaints(logging.Filter):
    """Lets the 1st, 2nd, 4th, 8th … line from each place in the code through, with their number and without a traceback."""

    def __init__(self) -> None:
        super().__init__()
        self._repeats = Repeats()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a line is written."""
        count = self._repeats.due(f"{record.module}:{record.lineno}")
        if count:
            record.msg, record.args = "%s (%d times)", (record.getMessage(), count)
            record.exc_info = None
        return bool(count)


def quieten() -> None:
    """See that whoever can choose a context cannot fill the log of this process with it."""
    logger = logging.getLogger(LOGGER)
    if not any(isinstance(each, FewComplaints) for each in logger.filters):
        logger.addFilter(FewComplaints())
