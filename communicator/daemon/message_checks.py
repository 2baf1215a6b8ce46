"""Reads the message definitions that the settings name, where messages are to be checked; a wrong one costs itself only."""

from dataclasses import dataclass
from pathlib import Path

from communicator.daemon.settings import CommunicatordSettings
from communicator.definitions.loading import load_catalogue
from communicator.protocol.definitions import Checker, Checking, Remark, Severity
from communicator.router.config import MessageChecks


@dataclass(frozen=True, slots=True)
class Definitions:
    """What messages are held to, and what of it was not taken."""

    checks: MessageChecks | None = None
    refused: tuple[Remark, ...] = ()
    """Why a definition, or a parameter of every message, was left out."""


def read_definitions(settings: CommunicatordSettings) -> Definitions:
    """Read what is needed to check messages: nothing where nobody checks them.

    Raises:
        ConfigError: A directory or a file cannot be read.
    """
    if settings.check_messages is Checking.OFF:
        return Definitions()
    catalogue, remarks = load_catalogue(map(Path, settings.definitions_path))
    refused = tuple(remark for remark in remarks if remark.severity is Severity.ERROR)
    return Definitions(MessageChecks(settings.check_messages, Checker(catalogue)), refused)


def survey_definitions(settings: CommunicatordSettings) -> list[str]:
    """What is wrong with the definitions that the settings name, whether messages are checked or not.

    Raises:
        ConfigError: A directory or a file cannot be read.
    """
    _, remarks = load_catalogue(map(Path, settings.definitions_path))
    return [str(remark) for remark in remarks if remark.severity is Severity.ERROR]
