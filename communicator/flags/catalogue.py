"""PURE: every flag the suite raises, declared once: what it is called, says and asks for; it does not know when one is raised."""

from dataclasses import dataclass

from communicator.flags.flag import Flag, FlagName, Source

PAGE_URI = "file:///usr/share/doc/bellwether/flags.md"
"""Where docs/flags.md is on an installed host; an operator at two in the morning may have no other network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
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


FILE_WRITE = Declaration(
    name=FlagName("communicatord", "neighbors", "file-write"),
    priority=97,
    message="the router cannot keep {file}: {reason}",
    help=(
        "The router could not write one of the files below data_path, such as neighbors.txt or policy.json. It goes on, but its "
        "next start will find the old content, or none: it may not know its neighbors, and may let a blocked version run. "
        "Look whether the disk is full or read only, and whether the router's user may write to that directory. "
        "The flag goes down when what could not be written has been."
    ),
    tags=frozenset(("communicator", "disk")),
)

CONNECTION_FAILED = Declaration(
    name=FlagName("communicatord", "remote-connection", "connection-failed"),
    priority=95,
    message="a router of the cluster has not been reached for over an hour, first noticed of {router}",
    help=(
        "At least twenty attempts to connect to another router have failed, for more than an hour. 'bellwether cluster' shows "
        "who is missing now, and why the last attempt failed. Start that host or its communicatord, or mend the network or the "
        "certificates between the two. If it does not come back, take it out of cluster.neighbors, and tell the others with "
        "'bellwether cluster forget'. The flag goes down when no router is out of reach for that long any more."
    ),
    tags=frozenset(("cluster", "communicator", "network")),
)

CATALOGUE = (FILE_WRITE, CONNECTION_FAILED)
"""Every flag the suite raises; the page, and the help of `bellwether flag show`, are made of it."""


def find_declaration(name: FlagName) -> Declaration | None:
    """The flag of this name, when it is one of ours."""
    return next((declared for declared in CATALOGUE if declared.name == name), None)
