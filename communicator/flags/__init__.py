"""Flags: files that tell an operator what needs a hand, in the form the sitter reads; who raises one is told elsewhere."""

from communicator.flags.declarations import Declaration, declarations
from communicator.flags.flag import Flag, FlagName, Source, make_flag_name, parse_flag_name
from communicator.flags.flag_directory import FlagDirectory, Listing
from communicator.flags.flag_file import DEFAULT_DIRECTORY, read_flag, write_flag

__all__ = [
    "DEFAULT_DIRECTORY",
    "Declaration",
    "Flag",
    "FlagDirectory",
    "FlagName",
    "Listing",
    "Source",
    "declarations",
    "make_flag_name",
    "parse_flag_name",
    "read_flag",
    "write_flag",
]
