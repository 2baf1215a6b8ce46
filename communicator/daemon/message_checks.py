"""Reads the message definitions that the settings name, where messages are checked; how they are is told elsewhere."""

from pathlib import Path

import msgspec

from communicator.daemon.settings import CommunicatordSettings
from communicator.definitions.loading import load_catalogue
from communicator.errors import ConfigError
from communicator.protocol.definitions import Catalogue, Checker, Checking, Remark, Severity
from communicator.router.vocabulary.config import MessageChecks


class Definitions(msgspec.Struct, frozen=True):
    """What messages are held to, and what of it was not taken."""

    checks: MessageChecks | None = None
    refused: tuple[Remark, ...] = ()
    """Why a definition, or a parameter of every message, was left out."""


def read_definitions(settings: CommunicatordSettings) -> Definitions:
    """Read what is needed to check messages: nothing where nobody checks them. A wrong definition costs itself only.

    Raises:
        ConfigError: A directory or a file cannot be read.
    """
    if settings.check_messages is Checking.OFF:
        return Definitions()
    catalogue, refused = _load(settings)
    return Definitions(MessageChecks(settings.check_messages, Checker(catalogue, _watched(settings))), refused)


def _watched(settings: CommunicatordSettings) -> frozenset[str]:
    """The directories whose definitions refuse nothing, where some do."""
    if settings.check_messages is not Checking.ENFORCE:
        return frozenset()
    watched = set(map(Path, settings.definitions_path)) - set(map(Path, settings.definitions_enforced))
    return frozenset(map(str, watched))


def read_good_definitions(settings: CommunicatordSettings) -> Definitions:
    """Read the same for a router that runs: definitions that work are not given up for wrong ones.

    Raises:
        ConfigError: A definition is wrong, or a directory or a file cannot be read.
    """
    definitions = read_definitions(settings)
    if definitions.refused:
        more = f" (and {len(definitions.refused) - 1} more)" if len(definitions.refused) > 1 else ""
        raise ConfigError("definitions_path", f"{definitions.refused[0]}{more}")
    return definitions


def survey_definitions(settings: CommunicatordSettings) -> list[str]:
    """What is wrong with the definitions that the settings name, whether messages are checked or not.

    Raises:
        ConfigError: A directory or a file cannot be read.
    """
    return list(map(str, _load(settings)[1]))


def _load(settings: CommunicatordSettings) -> tuple[Catalogue, tuple[Remark, ...]]:
    """The definitions that are good, and why others are not."""
    catalogue, remarks = load_catalogue(map(Path, settings.definitions_path))
    return catalogue, tuple(remark for remark in remarks if remark.severity is Severity.ERROR)
