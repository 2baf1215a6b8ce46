"""SHELL: reads the directory of flags for the metrics, no further than the sitter; what they say is not its matter."""

from pathlib import Path

from communicator.errors import FlagError, FlagsPathError
from communicator.flags.flag import Flag, FlagName
from communicator.flags.flag_directory import SITTER_READS, FlagDirectory
from exporters.collectors.flags import FlagsReport

_SUFFIX = ".flag"


def read_flags(path: Path) -> FlagsReport:
    """The flags that are up: the first hundred by name, as the sitter loads them.

    Args:
        path: The directory.

    Raises:
        FlagsPathError: It cannot be read.
    """
    try:
        names = sorted(each.name for each in path.iterdir() if each.name.endswith(_SUFFIX) and each.name[0] != ".")
    except OSError as error:
        raise FlagsPathError(str(path), (error.strerror or str(error)).lower()) from error
    directory = FlagDirectory(path)
    flags: list[tuple[FlagName, Flag]] = []
    unreadable = 0
    for file_name in names[:SITTER_READS]:
        try:
            name = FlagName(*file_name.removesuffix(_SUFFIX).split("_"))
            flag = directory.find(name)
        except (FlagError, FlagsPathError, TypeError):  # a name of more or fewer parts is none of a flag
            unreadable += 1
            continue
        if flag is not None:  # else taken down just now
            flags.append((name, flag))
    return FlagsReport(tuple(flags), unreadable, max(0, len(names) - SITTER_READS))
