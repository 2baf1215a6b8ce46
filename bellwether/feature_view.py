"""PURE: feature flags as a person reads them: a table of all, a page of one; it asks nobody."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bellwether import noted_table
from bellwether.colours import coloured
from bellwether.feature_picture import Feature, Picture
from communicator.answers.features import Off
from communicator.features.document import off_variant
from communicator.wording.counts import count, listed
from communicator.wording.marks import DOUBTFUL, GONE, GOOD, SUSPECT, UNKNOWN, Mark
from communicator.wording.spans import left, span

_HEADS = ("FLAG", "TYPE", "SERVES", "OWNER", "EXPIRES", "EVALUATED", "WHY")
_NAMED = 12
_DAY_S = 86_400
CODE = "the code's default"
"""What services use where a flag gives no value."""


class _Definition(msgspec.Struct):
    """What is shown of a definition at a glance; a newer canary may know more."""

    state: str = ""
    variants: dict[str, msgspec.Raw] = {}
    default: str | None = msgspec.field(name="defaultVariant", default=None)
    targeting: msgspec.Raw = msgspec.Raw(b"null")

    def shown(self, variant: str | None) -> str:
        """A variant with its value, such as ``'on' = true``; None: the code's default."""
        if variant is None:
            return CODE
        value = bytes(self.variants.get(variant, b"?")).decode(errors="replace")
        return f"{variant!r} = {value if len(value) <= _VALUE_CHARACTERS else f'{value[:_VALUE_CHARACTERS]}…'}"


_VALUE_CHARACTERS = 40
"""So much of a value is shown at a glance."""


def table(picture: Picture, width: int, *, stale: bool = False) -> RenderableType:
    """One row for each flag, and what is to be said of all.

    Args:
        picture: What the canaries tell.
        width: The columns of the screen.
        stale: Whether the flags are those that are stale.
    """
    features = picture.features
    nothing = "No feature flag is stale." if stale else "No feature flag is defined, and none is asked for."
    rows = [_cells(feature) for feature in features]
    shown = noted_table.render(_HEADS, rows, [why(one) for one in features], width) if rows else Text(nothing)
    differing = {} if stale else picture.differing
    return Group(shown, *_asides(differing, picture.silent))


def serves(feature: Feature) -> tuple[Mark, str]:
    """What services get, at a glance."""
    if not feature.is_defined:
        return (SUSPECT, f"off: {CODE}") if feature.offs else (UNKNOWN, f"not defined: {CODE}")
    definition = msgspec.json.decode(feature.definition, type=_Definition)
    if feature.offs:
        return SUSPECT, f"off: {off_text(feature)}"
    mark = DOUBTFUL if feature.stale else GOOD
    if definition.state == "DISABLED":
        return DOUBTFUL if feature.stale else GONE, f"disabled: {CODE}"
    if bytes(definition.targeting) not in (b"null", b"{}"):
        return mark, f"by rule, else {definition.shown(definition.default)}"
    return mark, definition.shown(definition.default)


def off_text(feature: Feature) -> str:
    """What a flag that is defined serves to everybody while it is off, such as ``'off' = false``."""
    definition = msgspec.json.decode(feature.definition, type=_Definition)
    return definition.shown(off_variant(bytes(feature.definition)))


def why(feature: Feature) -> str:
    """Why it is off, why it is stale, and who does not know it so."""
    told = [f"off {_off(off)}" for off in feature.offs]
    told += [f"stale: {one.text}" for one in feature.stale]
    told += [f"not so on {listed(feature.not_on, _NAMED)}"] if feature.not_on else []
    return "; ".join(told)


def _off(off: Off) -> str:
    return f"{left(off.left_s)} by {off.by}, {span(off.given_ago_s)} ago: {off.reason}"


def _cells(feature: Feature) -> noted_table.Cells:
    mark, text = serves(feature)
    name = Text.assemble(coloured(mark), " ", (feature.feature, "bold"))
    rest = (feature.type, text, feature.owner, feature.expires, evaluated(feature.evaluated_ago_s))
    return name, *(Text(one or "-") for one in rest)


def evaluated(ago_s: float | None) -> str:
    """When it was last evaluated, to a day; empty: not for long."""
    if ago_s is None:
        return ""
    days = int(ago_s // _DAY_S)
    return f"{count(days, 'day')} ago" if days else "today"


def _asides(differing: Mapping[str, Sequence[str]], silent: Sequence[str]) -> Iterator[RenderableType]:
    for server, differences in differing.items():
        for text in differences:
            yield Text.assemble(coloured(DOUBTFUL), f" {server}: {text}")
    if silent:
        yield Text.assemble(coloured(UNKNOWN), f" the canary does not answer on {listed(silent, _NAMED)}")


def page(feature: Feature) -> RenderableType:
    """All of one flag."""
    mark, text = serves(feature)
    facts = Table(box=None, show_header=False, pad_edge=False)
    facts.add_column(style="cyan", no_wrap=True)
    facts.add_column(overflow="fold")
    for name, value in _facts(feature):
        facts.add_row(name, Text(value))
    parts: list[RenderableType] = [
        Text.assemble(coloured(mark), " ", (feature.feature, "bold"), f": {text}"),
        Text(),
        facts,
    ]
    if feature.is_defined:
        formatted = msgspec.json.format(bytes(feature.definition)).decode(errors="replace")
        parts += [Text(), Text(formatted)]
    return Group(*parts)


def _facts(feature: Feature) -> Iterator[tuple[str, str]]:
    yield from (("off", _off(off)) for off in feature.offs)
    yield from (("stale", one.text) for one in feature.stale)
    if feature.not_on:
        yield "not so on", listed(feature.not_on, _NAMED)
    if feature.is_defined:
        yield "type", feature.type
        yield "owner", feature.owner
        yield "expires", feature.expires or "never"
        whence = f", in {feature.file}" if feature.file else ""
        yield "defined", f"{span(feature.changed_ago_s)} ago by {feature.by}{whence}"
        if not feature.offs:
            yield "when off", off_text(feature)
    yield "evaluated", evaluated(feature.evaluated_ago_s) or "not within 40 days"
    yield from (("", one) for one in _counted(feature))


def _counted(feature: Feature) -> Sequence[str]:
    return [
        f"{one.variant!r} {count(one.count, 'time')} ({one.reason})"
        if one.variant
        else f"{CODE} {count(one.count, 'time')} ({one.reason})"
        for one in feature.evaluations
    ]
