"""PURE: tables of the places in which replies of shadows differ, with counts, noise and examples."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bellwether.colours import coloured
from bellwether.shadow_picture import Picture
from bellwether.shadow_tree import head
from communicator.answers.shadows import Difference
from communicator.wording.counts import count
from communicator.wording.releases import odds_text, version_text
from communicator.wording.shadow_picture import Seen, Side
from communicator.wording.shadows import NO_SHADOW, VERDICTS, comparison_text, difference_mark, difference_word, is_news
from communicator.wording.spans import span

_INDENT = (0, 0, 0, 2)


def render(told: Picture) -> RenderableType:
    """One screen: a table for each shadow and each of its primaries."""
    parts: list[RenderableType] = [*head(told)]
    for one, side in _compared(told.shadows):
        parts += [Text(), _differences_head(one, side), *_differences(side)]
    return Group(*parts) if told.shadows else Group(*parts, Text(), Text(NO_SHADOW))


def _compared(shadows: Iterable[Seen]) -> Iterator[tuple[Seen, Side]]:
    for one in shadows:
        if not one.is_reference:
            yield from ((one, side) for side in one.sides)


def _differences_head(one: Seen, side: Side) -> Text:
    what = f"{one.service} {version_text(one.version, one.build)} on {one.server}"
    found = side.comparison
    told = "no conversation compared yet" if found is None else comparison_text(found)
    mark = one.standing[0] if one.is_over else VERDICTS[side.verdict]
    over = ", which is a shadow no more" if one.is_over else ""
    return Text.assemble(coloured(mark), " ", (what, "bold"), f"{over} beside that of {side.server}: {told}")


def _differences(side: Side) -> Iterator[RenderableType]:
    found = side.comparison
    if found is None or not found.differences:
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name, right in (("", 0), ("PATH", 0), ("DIFFERS", 1), ("NOISE", 1), ("EVIDENCE", 1), ("LAST", 1), ("", 0)):
        is_word = name not in ("PATH", "")
        table.add_column(name, justify="right" if right else "left", no_wrap=is_word, overflow="fold")
    for one in found.differences:
        table.add_row(Text(*coloured(difference_mark(one, found.limit_log10))), *map(Text, _words(one)))
    yield Padding(table, _INDENT)
    yield from (Padding(text, _INDENT) for text in _examples(found.differences))
    if found.omitted:
        yield Padding(Text(f"{count(found.omitted, 'further one')} did not fit", style="dim"), _INDENT)


def _words(one: Difference) -> Sequence[str]:
    noise = f"{one.noise_differing:,} of {one.noise_compared:,}" if one.noise_compared else "-"
    evidence = "-" if one.log10_evidence <= 0 else odds_text(one.log10_evidence)
    last = "-" if one.last_ago_s is None else f"{span(one.last_ago_s)} ago"
    return one.path, f"{one.differing:,} of {one.compared:,}", noise, evidence, last, difference_word(one)


def _examples(differences: Iterable[Difference]) -> Iterator[Text]:
    told = [one for one in differences if any(one.example) and is_news(one)]
    if told:
        yield Text()
    for one in told:
        primary, shadow = one.example
        yield Text.assemble((one.path, "bold"), f": primary {primary or '(nothing)'}, shadow {shadow or '(nothing)'}")
