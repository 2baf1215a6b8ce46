"""PURE: how many replies of a shadow differ, where, and by more than noise; it pairs none and keeps no payload by itself."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import NamedTuple

from canary.shadow.paths import OTHER, Found, Sides
from canary.shadow.suspicion import Suspicion
from communicator.answers.shadows import Difference

PATHS = 1_000
"""Places that are told apart, of all commands: each has one example, so as many of these are kept."""
PATHS_OF_COMMAND = 200
COMMANDS = 100
SHAPES = 1_000
"""Sets of paths in which a pair differs, that are told apart;"""
SHAPED = 20_000
"""and the paths in all of them: each look goes through them."""
ENOUGH = 20
"""So many pairs of two replies of the primary's version tell whether a path is noise."""
RELATIVE, ABSOLUTE = 0.2, 0.0003
"""News is at least so much more than the noise: (shadow - noise) / (shadow + noise), and as a share of the replies. These are the
limits of Diffy."""
CHANCE = 2.0
"""News is also more than that many standard deviations of chance, where second replies are heard. Looked at often enough, all of
this reports chance; what is *acted* on is the evidence."""
EXAMPLE_S = 1.0
"""The example of a path is replaced so often at most: it costs more than the count."""


@dataclass(slots=True)
class Command:
    """The replies of one command."""

    pairs: int = 0
    alone: int = 0
    """Pairs of which no second reply will come."""
    noise_compared: int = 0
    paths: dict[str, "Path"] = field(default_factory=dict)


@dataclass(slots=True)
class Path:
    """One place in which replies differ."""

    text: str
    is_ignored: bool
    differing: int = 0
    noise_differing: int = 0
    example: tuple[str, str] = ("", "")
    last_s: float | None = None


class Manner(NamedTuple):
    """How examples are made."""

    show: Callable[[str, object], str]
    """By path and value."""
    is_ignored: Callable[[str], bool]
    """Whether a path is declared as one that may differ."""


class Tally:
    """The pairs of replies of one shadow.

    Args:
        manner: How examples are made, and which paths may differ.
    """

    def __init__(self, manner: Manner) -> None:
        self.suspicion = Suspicion()
        self.pairs = 0
        self._manner = manner
        self._commands: dict[str, Command] = {}
        self.paths = 0
        """That are told apart."""
        self._shapes: Counter[tuple[str, ...]] = Counter()
        self._shaped = 0
        """The paths in all of these."""
        self._by_text: dict[str, tuple[Command, Path]] = {}

    def note(self, command: str, found: Found, now_s: float, *, is_alone: bool) -> frozenset[str]:
        """Count a pair of replies.

        Args:
            command: Of the primary's.
            found: Where they differ.
            now_s: The clock.
            is_alone: Whether no second reply will come with which to compare it.

        Returns:
            Where they differ, as it is told apart here.
        """
        name, at = self._command(command)
        self.pairs += 1
        at.pairs += 1
        at.alone += is_alone
        if not found:
            return frozenset()
        paths = {self._path(name, at, text).text: sides for text, sides in found.items()}
        for text, sides in paths.items():
            self._differ(at.paths[text], sides, now_s)
            if is_alone and not at.paths[text].is_ignored:
                self.suspicion.hold_to_limit(text, at.alone, differs=True)
        shape = self._shape(at, paths)
        self._shaped += 0 if shape in self._shapes else len(shape)
        self._shapes[shape] += 1
        return frozenset(paths)

    def note_noise(self, command: str, shadow: AbstractSet[str], second: Iterable[str]) -> None:
        """Count a second reply of the primary's version.

        Args:
            command: Of the primary's first one.
            shadow: Where the shadow's reply differs from that, as `note` has returned it;
            second: and where the second one does.
        """
        name, at = self._command(command)
        at.noise_compared += 1
        noise = {self._path(name, at, text).text for text in second}
        for text in noise:
            at.paths[text].noise_differing += 1
        for text in sorted(noise ^ shadow):
            if not at.paths[text].is_ignored:
                self.suspicion.tell_apart(text, is_new=text in shadow)

    def is_unexplained(self, command: str) -> bool:
        """Whether replies of a command differ in a place of which it is not known whether it is noise, or known that it is not."""
        at = self._commands.get(command)
        return at is not None and any(
            path.differing and not path.is_ignored and (at.noise_compared < ENOUGH or _is_more(at, path))
            for path in at.paths.values()
        )

    @property
    def differing(self) -> int:
        """Pairs that differ by more than noise and declared paths explain."""
        telling = frozenset(filter(self._is_telling, self._by_text))
        return sum(count for shape, count in self._shapes.items() if not telling.isdisjoint(shape))

    @property
    def is_tested(self) -> bool:
        """Whether some difference could count as evidence, or there is none."""
        return not self._shapes or any(one.alone or one.noise_compared for one in self._commands.values())

    def differences(self, now_s: float) -> Iterator[Difference]:
        """All places in which replies of the shadow differ, in no order."""
        for at in self._commands.values():
            for path in filter(_differs, at.paths.values()):
                self.suspicion.hold_to_limit(path.text, at.alone, differs=False)
                yield Difference(
                    path=path.text,
                    compared=at.pairs,
                    differing=path.differing,
                    noise_compared=at.noise_compared,
                    noise_differing=path.noise_differing,
                    log10_evidence=self.suspicion.log10_of(path.text),
                    is_news=_is_news(at, path),
                    is_ignored=path.is_ignored,
                    example=path.example,
                    last_ago_s=None if path.last_s is None else max(0.0, now_s - path.last_s),
                )

    def _differ(self, path: Path, sides: Sides, now_s: float) -> None:
        path.differing += 1
        if path.last_s is None or now_s >= path.last_s + EXAMPLE_S:
            one, other = (self._manner.show(path.text, side) for side in sides)
            path.example = (one, other)
            path.last_s = now_s

    def _shape(self, at: Command, paths: Iterable[str]) -> tuple[str, ...]:
        """The set of paths of a pair; of too many sets, the first path that tells something stands for it."""
        shape = tuple(sorted(text for text in paths if not at.paths[text].is_ignored))
        has_room = len(self._shapes) < SHAPES and self._shaped + len(shape) <= SHAPED
        if has_room or shape in self._shapes:
            return shape
        return next(((text,) for text in shape if self._is_telling(text)), ())

    def _is_telling(self, text: str) -> bool:
        at, path = self._by_text[text]
        return not path.is_ignored and (not path.noise_differing or _is_more(at, path))

    def _command(self, name: str) -> tuple[str, Command]:
        if name not in self._commands and len(self._commands) >= COMMANDS:
            name = OTHER
        return name, self._commands.setdefault(name, Command())

    def _path(self, command: str, at: Command, text: str) -> Path:
        path = at.paths.get(text)
        if path is None and (len(at.paths) >= PATHS_OF_COMMAND or self.paths >= PATHS):
            text = f"{command}.{OTHER}"
            path = at.paths.get(text)
        if path is None:
            path = at.paths[text] = Path(text, self._manner.is_ignored(text))
            self.paths += 1
            self._by_text[text] = (at, path)
        return path


def _differs(path: Path) -> bool:
    return path.differing > 0


def _is_more(at: Command, path: Path) -> bool:
    """Whether it differs more often than the noise explains."""
    shadow, noise = _shares(at, path)
    more = shadow - noise
    return more > 0 and more / (shadow + noise) > RELATIVE and more > ABSOLUTE


def _is_news(at: Command, path: Path) -> bool:
    """Whether it is to be reported."""
    if path.is_ignored or not _is_more(at, path):
        return False
    if at.pairs == at.alone:
        return True
    shadow, noise = _shares(at, path)
    enough = at.noise_compared >= ENOUGH
    return enough and shadow - noise > CHANCE * math.sqrt(shadow / at.pairs + noise / at.noise_compared)


def _shares(at: Command, path: Path) -> tuple[float, float]:
    """Of the replies of the shadow, and of the second replies, the part that differs there."""
    shadow = path.differing / at.pairs if at.pairs else 0.0
    return shadow, path.noise_differing / at.noise_compared if at.noise_compared else 0.0
