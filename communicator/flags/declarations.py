"""SHELL: what each flag of the suite says and asks for, as ``flags.toml`` of this package has it; it raises none."""

from functools import cache
from importlib import resources

import msgspec

from communicator.flags.flag import Flag, FlagName, Source

PAGE_URI = "file:///usr/share/doc/bellwether/flags.md"
"""Where docs/flags.md is on an installed host; an operator at two in the morning may have no other network."""


class Declaration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One flag. Its name holds neither a host nor a version: the sitter loads no more than a hundred flags."""

    name: FlagName
    priority: int
    message: str
    """With the details of the first time in braces; a running sitter goes on showing them while the flag stands."""
    help: str
    """What it means, what to do, and what takes it down."""
    tags: frozenset[str]

    @property
    def anchor(self) -> str:
        """Its place on the page."""
        return f"{self.name}".replace("/", "-")

    @property
    def help_uri(self) -> str:
        """The same, as an address."""
        return f"{PAGE_URI}#{self.anchor}"

    def make(self, details: dict[str, str], *, source: Source, version: str, hostname: str) -> Flag:
        """The flag, ready to be raised.

        Args:
            details: What stands in the message for the words in braces.
            source: Where it is raised.
            version: Of the program that raises it.
            hostname: Of this host.

        Raises:
            KeyError: A detail is missing.
        """
        return Flag(
            name=self.name,
            message=self.message.format_map(details),
            priority=self.priority,
            tags=self.tags,
            source=source,
            version=version,
            hostname=hostname,
            help=self.help,
            help_uri=self.help_uri,
        )


@cache
def declarations() -> dict[FlagName, Declaration]:
    """Every flag the suite raises, in the order of the page; the help of `bellwether flag show` is made of it, too."""
    text = resources.files(__package__).joinpath("flags.toml").read_bytes()
    found = msgspec.toml.decode(text, type=dict[str, tuple[Declaration, ...]])
    return {declared.name: declared for declared in found["flag"]}
