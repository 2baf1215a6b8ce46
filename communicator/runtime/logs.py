"""Writes one line per event to standard error; it does not decide what is worth one."""

import logging
import os
import stat
import sys
from enum import StrEnum
from pathlib import Path

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from communicator.wording.characters import printable

_STDERR = 2
_LOG_FILE_MODE = 0o640
_OURS = "communicator."


class LogFormat(StrEnum):
    """How a line of the log looks."""

    LOGFMT = "logfmt"
    JSON = "json"


class LogLevel(StrEnum):
    """The least severe line that is written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def configure_logs(level: LogLevel, log_format: LogFormat) -> FilteringBoundLogger:
    """Set up the log of this process, once, before anything is written.

    Args:
        level: The least severe line that is written.
        log_format: How a line looks.

    Returns:
        The daemon's logger.
    """
    least = logging.getLevelNamesMapping()[level.name]
    shared: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
        structlog.processors.format_exc_info,
    ]
    renderer = _renderer(log_format)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_fields_apart, structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=least, force=True)
    logging.captureWarnings(capture=True)
    logger: FilteringBoundLogger = structlog.get_logger()
    return logger


def _renderer(log_format: LogFormat) -> Processor:
    if log_format is LogFormat.JSON:
        return structlog.processors.JSONRenderer()
    render = structlog.processors.LogfmtRenderer(key_order=["ts", "level", "event"], bool_as_flag=False)
    return lambda logger, method, entry: printable(render(logger, method, entry))  # peers choose what stands in values


def _fields_apart(_logger: WrappedLogger, _method: str, entry: EventDict) -> EventDict:
    """Make a line of our client library an event with fields, as it is logged by `communicator.client.event_log`."""
    record: logging.LogRecord = entry["_record"]
    if record.name.startswith(_OURS):
        entry["event"] = getattr(record, "event", entry["event"])
        entry.update({**getattr(record, "fields", {}), **entry})
    return entry


class LogFile:
    """The plain file that standard error may be redirected to: whoever rotates it moves it away under us."""

    def __init__(self) -> None:
        redirected = stat.S_ISREG(os.fstat(_STDERR).st_mode)
        self._path = str(Path(f"/proc/self/fd/{_STDERR}").readlink()) if redirected else ""

    def reopen(self) -> str:
        """Go on writing under the name the log had at the start.

        Returns:
            Its path; empty when standard error is no plain file and there is nothing to do.

        Raises:
            OSError: The file cannot be opened; the log goes on where it was.
        """
        if self._path:
            descriptor = os.open(
                self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, _LOG_FILE_MODE
            )
            os.dup2(descriptor, _STDERR)
            os.close(descriptor)
        return self._path
