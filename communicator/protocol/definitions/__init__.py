"""What messages may hold: definition files, read once into a checker; it reads no file and knows no router."""

from communicator.protocol.definitions.catalogue import Catalogue, SourceFile, read_catalogue
from communicator.protocol.definitions.checker import Checker
from communicator.protocol.definitions.checking import Checking
from communicator.protocol.definitions.definition import Definition, Parameter, Scope
from communicator.protocol.definitions.remark import Remark, Severity

__all__ = [
    "Catalogue",
    "Checker",
    "Checking",
    "Definition",
    "Parameter",
    "Remark",
    "Scope",
    "Severity",
    "SourceFile",
    "read_catalogue",
]
