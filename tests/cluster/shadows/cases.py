"""The states of a shadow, on the host of its primary and on one far away."""

from dataclasses import dataclass

HERE, FAR = "here", "far"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A shadow in one state."""

    name: str
    becomes: frozenset[str]
    """What becomes of its conversations: each of these, of some."""
    is_alike: bool = False
    """Whether it says what the primary says, and all of that, and nothing else."""
    speaks_out: bool = False

    @property
    def place(self):
        return self.name.partition("-")[2]

    @property
    def version(self):
        return f"2.0-{self.name}"


def _case(name, *becomes, **what):
    return Case(name=name, becomes=frozenset(becomes), **what)


CASES = (
    _case("healthy-here", "whole", is_alike=True),
    _case("slow-here", "whole", "busy_unanswered", is_alike=True),
    _case("stuck-here", "busy_unanswered"),
    _case("crashing-here", "cut_absent"),
    _case("flooding-here", "whole", speaks_out=True),
    _case("lying-here", "whole", speaks_out=True),
    _case("healthy-far", "whole", is_alike=True),
    _case("slow-far", "whole", is_alike=True),
    _case("stuck-far"),
    _case("crashing-far", "cut_absent"),
    _case("flooding-far", speaks_out=True),
    _case("lying-far", speaks_out=True),
)
