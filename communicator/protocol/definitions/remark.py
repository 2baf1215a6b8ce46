"""What there is to say about a line of a definition file; who reads it, and what follows from it, is told elsewhere."""

from enum import StrEnum

import msgspec


class Severity(StrEnum):
    """How bad it is."""

    WARNING = "warning"
    """Read as well as it could be; the ancestor reads it so too, or would not mind."""
    ERROR = "error"
    """What it stands in was not taken: a definition, or one global parameter."""


class Remark(msgspec.Struct, frozen=True):
    """One remark about one line."""

    source: str
    """The file, as people know it."""
    line: int
    """From 1; 0 where the whole file is meant."""
    severity: Severity
    text: str

    def __str__(self) -> str:
        """``file:line: severity: text``, as compilers say it."""
        return f"{self.source}:{self.line}: {self.severity}: {self.text}"
