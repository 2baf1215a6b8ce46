"""PURE: a tree for each shadow: what its state means, what to do next, what is copied, and what was compared."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text
from rich.tree import Tree

from bellwether.colours import coloured
from bellwether.shadow_picture import Picture
from communicator.answers.shadows import Comparison
from communicator.wording.counts import listed
from communicator.wording.marks import DOUBTFUL, Mark
from communicator.wording.releases import version_text
from communicator.wording.shadow_picture import Seen, Side
from communicator.wording.shadows import (
    NO_SHADOW,
    VERDICTS,
    comparison_text,
    conversations_text,
    evidence_words,
    fence_lines,
    latency_text,
    mirror_mark,
    mirror_text,
    noise_text,
    reasons_text,
    share_text,
)

_INDENT = (0, 0, 0, 2)
_NAMED = 12


def render(told: Picture) -> RenderableType:
    """One screen: who tells it, then a tree for each shadow."""
    parts: list[RenderableType] = [*head(told)]
    for one in told.shadows:
        parts += [Text(), _tree(one)]
    return Group(*parts) if told.shadows else Group(*parts, Text(), Text(NO_SHADOW))


def gist(told: Picture) -> tuple[object, ...]:
    """What a person wants to hear of when it changes: no numbers that count on."""
    return (told.told_by, tuple(told.silent), *map(_gist, told.shadows))


def _gist(one: Seen) -> tuple[object, ...]:
    sides = tuple(
        (side.server, side.verdict, side.mirror and (side.mirror.state, side.mirror.busy)) for side in one.sides
    )
    fence = one.fence and (one.fence.links, one.fence.by_unit, one.fence.discarded_total > 0)
    return (one.service, one.version, one.server, one.verdict, one.meaning, sides, fence)


def head(told: Picture) -> Iterator[Text]:
    """Who tells it, and who does not."""
    by = f"the canaries of {listed(told.told_by, _NAMED)}" if told.told_by else "no canary"
    yield Text(f"shadows, as the router of {told.server or 'this host'} and {by} know them")
    if told.too_old:
        yield _marked(DOUBTFUL, f"the router here is of release {told.too_old}, which knows no shadows: update it")
    if not told.told_by and not told.silent:
        yield _marked(DOUBTFUL, "no canary is up, so nothing is compared: start canaryd")
    for server, why in sorted(told.silent.items()):
        yield _marked(DOUBTFUL, f"{server}: {why}")


def _tree(one: Seen) -> Tree:
    tree = Tree(_label(one), guide_style="dim")
    for side in one.sides:
        labels = list(_side_lines(side))
        branch = tree.add(Text(f"from {side.server}{'' if labels else ': nothing is told'}"))
        for label in labels:
            branch.add(label)
    if one.fence is not None:
        fence = tree.add(Text(f"fence on {one.server}"))
        for mark, text in fence_lines(one.fence, "" if one.entry is None else one.entry.unit):
            fence.add(_marked(mark, text))
    return tree


def _label(one: Seen) -> RenderableType:
    mark, word = one.standing
    what = f"{one.service} {version_text(one.version, one.build)} on {one.server}"
    parts: list[RenderableType] = [Text.assemble(coloured(mark), " ", (what, "bold"), f"  {word}")]
    parts.append(Padding(Text(one.meaning), _INDENT))
    parts += [Padding(Text(f"next: {one.next}"), _INDENT)] if one.next else []
    entry = one.entry
    if entry is not None and entry.primary:
        parts.append(Padding(Text(share_text(entry.share, entry.key), style="dim"), _INDENT))
    return Group(*parts)


def _side_lines(side: Side) -> Iterator[Text]:
    mirror, found = side.mirror, side.comparison
    if mirror is not None:
        yield _marked(mirror_mark(mirror), mirror_text(mirror))
        yield Text(conversations_text(mirror))
    if found is not None:
        yield _marked(VERDICTS[side.verdict], comparison_text(found))
        yield Text(evidence_words(found))
        yield from (Text(text) for text in _further(found))


def _further(found: Comparison) -> Iterator[str]:
    if found.incomplete:
        yield f"not compared: {reasons_text(found.incomplete)}"
    latency = latency_text(found)
    if latency:
        yield latency
    yield noise_text(found)


def _marked(mark: Mark, text: str) -> Text:
    return Text.assemble(coloured(mark), f" {text}")
