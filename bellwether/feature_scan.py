"""PURE: which flags no code names, and which names in code are no flags, as a person or a program reads it; it opens no file."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from bellwether.colours import coloured
from bellwether.feature_code import How, Reference
from communicator.wording.counts import count, listed
from communicator.wording.marks import BAD, DOUBTFUL, GOOD, UNKNOWN, Mark

_PLACES = 3
"""So many places of a flag are named to a person."""
_SKIPPED = 20
"""So many files that were not read are named to a person."""
_INDENT = (0, 0, 0, 4)


class Place(msgspec.Struct, frozen=True):
    """Where code names a flag."""

    file: str
    line: int
    how: How

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Found(msgspec.Struct, frozen=True):
    """A flag, or what code takes for one, with the places that name it."""

    feature: str
    places: tuple[Place, ...] = ()


class Skipped(msgspec.Struct, frozen=True):
    """A file or directory that could not be looked at, or not as what it is."""

    file: str
    reason: str


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """What a look through the code has found."""

    files: int
    """How many were read."""
    features: int
    """How many flags are defined."""
    unreferenced: tuple[Found, ...] = ()
    """Flags that nothing names."""
    undefined: tuple[Found, ...] = ()
    """Names that code evaluates, and that are no flags."""
    doubtful: tuple[Found, ...] = ()
    """Flags that no code evaluates by name, although a text equals it."""
    computed: tuple[Place, ...] = ()
    """Evaluations of a flag whose name the code makes up while it runs."""
    skipped: tuple[Skipped, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether each flag is named, and each name is a flag's."""
        return not self.unreferenced and not self.undefined


def put_together(
    names: Collection[str], references: Mapping[str, Sequence[Reference]], skipped: Iterable[Skipped]
) -> Scan:
    """What follows from what was found.

    Args:
        names: The flags that are defined.
        references: By file.
        skipped: What could not be looked at.
    """
    places: dict[str, list[Place]] = {}
    for file, found in references.items():
        for one in found:
            places.setdefault(one.name, []).append(Place(file, one.line, one.how))
    computed = places.pop("", [])
    evaluated = {name for name, all_ in places.items() if any(place.how != "literal" for place in all_)}
    return Scan(
        files=len(references),
        features=len(names),
        unreferenced=tuple(Found(name) for name in sorted(set(names) - places.keys())),
        undefined=_found(evaluated - set(names), places),
        doubtful=_found(places.keys() - evaluated, places),
        computed=tuple(computed),
        skipped=tuple(skipped),
    )


def _found(names: Iterable[str], places: Mapping[str, Sequence[Place]]) -> tuple[Found, ...]:
    return tuple(Found(name, tuple(places[name])) for name in sorted(names))


def render(scan: Scan) -> RenderableType:
    """What a person has to see, what to act on first."""
    return Group(*_lines(scan))


def _lines(scan: Scan) -> Iterator[RenderableType]:
    for found in scan.unreferenced:
        yield _line(BAD, found, "no code names it: remove it, if the code that did is gone from every host")
    for found in scan.undefined:
        yield _line(BAD, found, "code evaluates it, and it is not defined: the code's default counts")
        yield _where(found.places)
    for found in scan.doubtful:
        yield _line(DOUBTFUL, found, "only a text equals it, which may be something else")
        yield _where(found.places)
    if scan.computed:
        evaluations = count(len(scan.computed), "evaluation")
        yield _told(UNKNOWN, f"{evaluations} of a flag whose name is made while the code runs: nobody can tell which")
        yield _where(scan.computed)
    for one in scan.skipped[:_SKIPPED]:
        yield _told(UNKNOWN, f"{one.file}: {one.reason}")
    if len(scan.skipped) > _SKIPPED:
        yield _told(UNKNOWN, f"{len(scan.skipped) - _SKIPPED} more were not read; --json names them")
    looked = f"{count(scan.features, 'flag')}, {count(scan.files, 'file')} of code"
    result = f"{len(scan.unreferenced)} without a reference, {len(scan.undefined)} not defined"
    yield _told(GOOD if scan.is_clean else BAD, f"{looked}: {result}")


def _line(mark: Mark, found: Found, text: str) -> Text:
    return Text.assemble(coloured(mark), " ", (found.feature, "bold"), f": {text}")


def _told(mark: Mark, text: str) -> Text:
    return Text.assemble(coloured(mark), f" {text}")


def _where(places: Sequence[Place]) -> RenderableType:
    return Padding(Text(listed([str(place) for place in places], _PLACES), style="dim"), _INDENT, expand=False)
