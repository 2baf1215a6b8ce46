"""PURE: exported entries of a ledger read back, and what other rules would have decided beside what was; it reads no file."""

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bellwether.colours import coloured
from bellwether.failure import CommandError
from canary.judge.replay import SAME_S, Decision, Pair, Replay
from canary.records import (
    CellMoved,
    Entry,
    Frozen,
    ProbeGranted,
    ServerJudged,
    VersionJudged,
    decode_record,
    encode_record,
)
from communicator.wording.characters import printable
from communicator.wording.marks import BAD, GOOD
from communicator.wording.releases import version_text

NEITHER = "-"
_BOOKKEEPING = frozenset(("run", "time"))
"""Rules that only keep the books: shown where they differ, and counted otherwise."""


class _Exported(msgspec.Struct, frozen=True):
    """One line of ``bellwether canary events``."""

    seq: int
    at_s: float
    record: msgspec.Raw
    wall_s: float = 0.0


def read_entries(lines: Iterable[bytes]) -> list[Entry]:
    """Read what ``bellwether canary events`` writes.

    Raises:
        CommandError: A line is none, or they are out of order; the text names it.
    """
    entries: list[Entry] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            told = msgspec.json.decode(line, type=_Exported)
            entry = Entry(told.seq, told.at_s, told.wall_s, decode_record(bytes(told.record)))
        except (ValueError, RecursionError) as error:
            raise CommandError(
                f"line {number} is no entry as 'bellwether canary events' writes them: {error}"
            ) from None
        if entries and entry.seq <= entries[-1].seq:
            raise CommandError(f"line {number}: entry {entry.seq} comes after entry {entries[-1].seq}")
        entries.append(entry)
    if not entries:
        raise CommandError("there are no entries in it: 'bellwether canary events > FILE' writes them")
    return entries


def document(found: Replay) -> dict[str, object]:
    """Each decision beside the one in its place, for programs."""
    rows = [{"same": pair.is_same, "was": _plain(pair.was), "would": _plain(pair.would)} for pair in found.pairs]
    return {"server": found.server, "facts": found.facts, "pairs": rows}


def _plain(decision: Decision | None) -> object:
    if decision is None:
        return None
    return {"at_s": decision.at_s, "record": msgspec.Raw(encode_record(decision.record))}


def render(found: Replay, first_seq: int) -> RenderableType:
    """A table of verdicts, then how many there were.

    Args:
        found: What came of the replay.
        first_seq: The number of the first entry there was.
    """
    shown = [pair for pair in found.pairs if not pair.is_same or _is_verdict(pair)]
    parts: list[RenderableType] = []
    if shown:
        parts += [_table(shown), Text()]
    parts += [Text.assemble(*_summary(found))]
    if first_seq > 1:
        parts += [Text(f"The entries begin with {first_seq}: what was before is not known to the replay.", style="dim")]
    return Group(*parts)


def _is_verdict(pair: Pair) -> bool:
    record = (pair.was or pair.would).record  # type: ignore[union-attr] # one of them is there
    return not (isinstance(record, CellMoved) and record.rule in _BOOKKEEPING)


def _summary(found: Replay) -> Iterator[str | tuple[str, str]]:
    counts = Counter(pair.is_same for pair in found.pairs)
    yield coloured(BAD if counts[False] else GOOD)
    of = f"{found.facts} facts of {found.server}"
    if not counts[False]:
        yield f" {of}: these rules decide what was decided, {counts[True]} times"
        return
    yield f" {of}: {counts[True]} decisions are the same, {counts[False]} differ"


def _table(pairs: Iterable[Pair]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("AT", justify="right", no_wrap=True)
    for head in ("ABOUT", "WAS", "WOULD BE"):
        table.add_column(head)
    for pair in pairs:
        about = _about(pair.was or pair.would)  # type: ignore[arg-type] # one of them is there
        cells = (f"{pair.at_s:.0f} s", about, _text(pair.was), _shifted(pair) + _text(pair.would))
        table.add_row(*(Text(printable(cell)) for cell in cells), style="dim" if pair.is_same else None)
    return table


def _shifted(pair: Pair) -> str:
    """When it would have been decided, where that is not when it was."""
    if abs(pair.shift_s) < SAME_S:
        return ""
    return f"{abs(pair.shift_s):.0f} s {'later' if pair.shift_s > 0 else 'earlier'}: "


def _about(decision: Decision) -> str:
    match decision.record:
        case CellMoved() | ProbeGranted() as record:
            return f"{record.server}/{record.service} {version_text(record.version, record.build)}"
        case VersionJudged() as record:
            return f"*/{record.service} {version_text(record.version, record.build)}"
        case ServerJudged() as record:
            return record.server
        case Frozen() as record:
            return "all services" if record.scope == "*" else record.scope


def _text(decision: Decision | None) -> str:
    if decision is None:
        return NEITHER
    match decision.record:
        case CellMoved() as record:
            place = "ejected" if record.new == "suspect" and record.until_at_s is not None else record.new
            return f"{place} (rule {record.rule}{_held_back(record)}): {record.reason}"
        case VersionJudged() as record:
            return f"{record.state} (rule {record.rule}{_held_back(record)}): {record.reason}"
        case ServerJudged() as record:
            dry = ", dry run" if record.mode == "detected" else ""
            return f"{record.state} (rule {record.rule}{dry}): {record.reason}"
        case ProbeGranted() as record:
            return f"probe {record.number} granted"
        case Frozen() as record:
            return f"{'frozen' if record.is_on else 'no longer frozen'}: {record.reason}"


def _held_back(record: CellMoved | VersionJudged) -> str:
    return f", held back by {record.suppressed_by or 'dry_run'}" if record.mode == "detected" else ""
