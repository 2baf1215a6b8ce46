"""What one or more seeds have seen, in numbers."""

from collections import Counter
from dataclasses import dataclass, field


class FoundError(AssertionError):
    """A seed has found something; says what, and how to see it again."""


@dataclass
class Tally:
    """Counts, and how long it took until something was said."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong_s: list[float] = field(default_factory=list)
    """From the moment that a clock went wrong until one host said so, of each host that looked."""
    off_s: list[float] = field(default_factory=list)
    """From the moment that all clocks were off together until one host said so, of each host."""

    def add(self, other: "Tally") -> None:
        """Count another one in."""
        self.counts.update(other.counts)
        self.wrong_s += other.wrong_s
        self.off_s += other.off_s

    def __str__(self) -> str:
        """For people."""
        lines = [f"{count:>9} {name}" for name, count in sorted(self.counts.items())]
        for name, times_s in (("a wrong clock is accused", self.wrong_s), ("a common error is told", self.off_s)):
            if times_s:
                p50_s, p95_s = percentile(times_s, 50), percentile(times_s, 95)
                lines.append(f"{name} after {p50_s:.1f} s (p50), {p95_s:.1f} s (p95), {max(times_s):.1f} s at most")
        return "\n".join(lines)


def percentile(values: list[float], percent: int) -> float:
    """The least value that so many percent do not exceed."""
    return sorted(values)[max(0, -(-len(values) * percent // 100) - 1)]
