"""PURE: which clocks agree with which, a mark for each pair; it asks nobody."""

from collections.abc import Iterator, Mapping, Sequence

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.text import Text

from communicator.answers.clocks import ClockReport, Pair, Thresholds
from communicator.wording.spans import duration

_OK, _WARN, _CRITICAL, _DOWN, _UNKNOWN, _SELF = "*", "~", "!", "x", "?", "-"
_STYLES = {_OK: "green", _WARN: "yellow", _CRITICAL: "bold red", _DOWN: "red", _UNKNOWN: "yellow", _SELF: "dim"}
_GAP = 2
_LABEL_COLUMNS = 8
"""A name may take half of the screen, and at least this."""


def render(report: ClockReport, width: int) -> RenderableType:
    """A line for each host and a column for each it is compared with, as many as fit.

    Args:
        report: What the timekeeper tells.
        width: The columns of the screen.
    """
    pairs = {(pair.from_, pair.to): pair for pair in report.all_pairs()}
    names = report.host_names()
    if not pairs:
        where = "" if report.solved else " from here"
        why = ": this is the only host" if report.is_of_one_host else ""
        return Text(f"No pair of clocks is measured{where}{why}.")
    labels, heads = _titles(names, width)
    first = min(max(map(cell_len, labels)), max(_LABEL_COLUMNS, width // 2))
    size = max(map(cell_len, heads)) + _GAP
    shown = max(1, min(len(names), (width - first) // size))
    lines = [Text(" " * first + "".join(head.rjust(size) for head in heads[:shown]), style="bold", no_wrap=True)]
    for name, label in zip(names, labels, strict=True):
        line = Text(label, no_wrap=True)
        line.truncate(first, overflow="ellipsis", pad=True)
        for other in names[:shown]:
            mark = _SELF if name == other else mark_of(_pair(pairs, name, other), report.limits)
            line.append(mark.rjust(size), style=_STYLES[mark])
        lines.append(line)
    return Group(*lines, Text(), *_legend(report, len(names) - shown))


def mark_of(pair: Pair | None, limits: Thresholds) -> str:
    """How two clocks agree.

    Args:
        pair: What was measured; None when nothing was.
        limits: How far apart they may be.

    Returns:
        ``*`` for certain within the limit; ``~`` for certain beyond it, or so near that the bound leaves it open; ``!`` for
        certain beyond the critical limit; ``x`` no answer; ``?`` not measured, or too coarsely to tell.
    """
    if pair is not None and pair.offset_seconds is None:
        return _DOWN
    if pair is None or pair.offset_seconds is None or pair.bound_seconds is None:
        return _UNKNOWN
    offset_s, bound_s = abs(pair.offset_seconds), pair.bound_seconds
    if offset_s - bound_s >= limits.critical_seconds:
        return _CRITICAL
    if offset_s - bound_s >= limits.warn_seconds:
        return _WARN
    if offset_s + bound_s < limits.warn_seconds:
        return _OK
    return _WARN if bound_s < limits.warn_seconds else _UNKNOWN


def _pair(pairs: Mapping[tuple[str, str], Pair], one: str, other: str) -> Pair | None:
    """What one measured of the other, else what the other measured of it: how far apart they are is the same."""
    own, theirs = pairs.get((one, other)), pairs.get((other, one))
    return theirs if own is None or (own.offset_seconds is None and theirs is not None) else own


def _titles(names: Sequence[str], width: int) -> tuple[Sequence[str], Sequence[str]]:
    """What stands before each line, and above each column: the names, or their numbers where names take too much room."""
    longest = max(map(cell_len, names))
    if longest + len(names) * (longest + _GAP) <= width:
        return names, names
    numbers = [str(number) for number in range(1, len(names) + 1)]
    digits = len(numbers[-1])
    return [f"{number:>{digits}} {name}" for number, name in zip(numbers, names, strict=True)], numbers


def _legend(report: ClockReport, columns_left_out: int) -> Iterator[Text]:
    warn, critical = duration(report.limits.warn_seconds), duration(report.limits.critical_seconds)
    marks = {
        _OK: f"within {warn}",
        _WARN: f"{warn} or near it",
        _CRITICAL: f"{critical} or more",
        _DOWN: "no answer",
        _UNKNOWN: "not known",
    }
    yield Text("  ").join(Text.assemble((mark, _STYLES[mark]), f" {text}") for mark, text in marks.items())
    if columns_left_out:
        columns = _left_out(columns_left_out, "column")
        yield Text(f"{columns}: the terminal is too narrow. All pairs: bellwether clock --json")
    if report.pairs_omitted:
        yield Text(
            f"{_left_out(report.pairs_omitted, 'pair')}, all of other hosts: the report would be too long. Ask there."
        )


def _left_out(count: int, noun: str) -> str:
    return f"{count} {noun}{' is' if count == 1 else 's are'} left out"
