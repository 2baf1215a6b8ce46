"""PURE: deployments as trees: where each is and why, what is next, its steps, what was seen, and its servers; it asks nobody."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from bellwether.colours import coloured
from communicator.answers.deployments import ENDED, Deployment, Deployments, ShownServer
from communicator.wording.counts import count
from communicator.wording.deployments import (
    CHECKS,
    NOBODY_LEADS,
    SERVERS,
    STEPS,
    check_words,
    decisions,
    evidence_text,
    next_text,
    notices,
    origin_text,
    others_text,
    phase_mark,
    phase_text,
    server_words,
    step_text,
    what_text,
)
from communicator.wording.marks import DOUBTFUL, Mark
from communicator.wording.spans import span

WAITS = "it waits for a person:"
STOP_AGAIN = "its shadow could not be stopped; once its executor can do it:"
_INDENT = (0, 0, 0, 2)
_COMMAND_INDENT = (0, 0, 0, 4)
_OLD_SERVERS = 8
"""Servers that are listed although nothing goes on there: they still run what they ran before."""


def render(told: Deployments) -> RenderableType:
    """One screen: who tells it, then a tree for each deployment."""
    parts: list[RenderableType] = [*_head(told)]
    for one in told.deployments:
        parts += [Text(), _tree(one)]
    return Group(*parts, *_tail(told))


def render_list(told: Deployments) -> RenderableType:
    """A line for each deployment."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("", "SERVICE", "VERSION", "WHERE IT IS", "SERVERS", "BEGAN", "ID"):
        table.add_column(column, no_wrap=column in ("", "SERVICE", "ID"))
    for one in told.deployments:
        mark = Text(*coloured(phase_mark(one.phase)))
        where = f"{phase_text(one)}, needs a person" if one.needs_human else phase_text(one)
        new = sum(server.is_new and server.state == "running" for server in one.servers)
        servers, began = f"{new} of {len(one.servers)}", f"{span(one.began_ago_s)} ago"
        table.add_row(mark, *map(Text, (one.service, one.version, where, servers, began, one.id)))
    rows: list[RenderableType] = [Text(), table] if told.deployments else []
    return Group(*_head(told), *rows, *_tail(told))


def gist(told: Deployments) -> tuple[object, ...]:
    """What a person wants to hear of when it changes: no ages, no spans, no values."""
    return (told.leader, *map(_gist, told.deployments))


def _gist(one: Deployment) -> tuple[object, ...]:
    servers = tuple((server.server, server.version, server.state, server.acknowledged) for server in one.servers)
    checks = tuple((check.name, check.verdict) for check in one.checks)
    return (
        one.id,
        one.number,
        one.phase,
        one.step,
        one.needs_human,
        one.may_stop_again,
        one.is_overdue,
        one.behind,
        servers,
        checks,
    )


def _head(told: Deployments) -> Iterator[Text]:
    leads = f", led by {told.leader}" if told.leader else ""
    yield Text(f"deployments, as the canary of {told.server or 'this host'} knows them{leads}")
    if not told.leader:
        yield _marked(DOUBTFUL, NOBODY_LEADS)


def _tail(told: Deployments) -> list[RenderableType]:
    if told.omitted:
        return [Text(), Text(f"{count(told.omitted, 'further one')} did not fit: name a service", style="dim")]
    return [] if told.deployments else [Text(), Text("Nothing was deployed yet.")]


def _tree(one: Deployment) -> Tree:
    tree = Tree(_label(one), guide_style="dim")
    if one.steps:
        steps = tree.add(Text("steps"))
        number = 0
        for step in one.steps:
            number += not step.as_shadow
            steps.add(_marked(STEPS[step.state], f"{' ' if step.as_shadow else number}  {step_text(step)}"))
    evidence = evidence_text(one)
    if evidence or one.checks:
        seen = tree.add(Text(evidence or "what was seen"))
        for label in _check_labels(one):
            seen.add(label)
    if one.servers:
        servers = tree.add(Text("servers"))
        for label in _server_labels(one.servers):
            servers.add(label)
    return tree


def _label(one: Deployment) -> RenderableType:
    spent = f" {span(one.in_phase_s)} ago" if one.phase in ENDED else f" for {span(one.in_phase_s)}"
    head = Text.assemble(coloured(phase_mark(one.phase)), " ", (what_text(one), "bold"), f"  {phase_text(one)}{spent}")
    parts: list[RenderableType] = [head]
    parts += [Padding(Text(one.reason), _INDENT)] if one.reason else []
    parts += [Padding(Text(next_text(one)), _INDENT)] if one.next else []
    parts += [Padding(_marked(*notice), _INDENT) for notice in notices(one)]
    waiting = WAITS if one.needs_human else STOP_AGAIN if one.may_stop_again else ""
    if waiting:
        parts.append(Padding(_marked(DOUBTFUL, waiting), _INDENT))
        parts += [Padding(Text(text), _COMMAND_INDENT) for text in _columns(decisions(one))]
    return Group(*parts, Padding(Text(origin_text(one), style="dim"), _INDENT))


def _check_labels(one: Deployment) -> Iterator[RenderableType]:
    marks = [CHECKS[check.verdict][0] for check in one.checks]
    for mark, text, check in zip(marks, _columns(map(check_words, one.checks)), one.checks, strict=True):
        label = _marked(mark, text)
        yield Group(label, Padding(Text(check.text, style="dim"), _INDENT)) if check.text else label


def _server_labels(servers: Sequence[ShownServer]) -> Iterator[Text]:
    quiet = [server for server in servers if _is_quiet(server)]
    counted = quiet[_OLD_SERVERS:]
    listed = [server for server in servers if server not in counted]
    for server, text in zip(listed, _columns(map(server_words, listed)), strict=True):
        yield _marked(SERVERS[server.state][0], text)
    for version in sorted({server.version for server in counted}):
        number = sum(server.version == version for server in counted)
        yield _marked(SERVERS["running"][0], others_text(number, version))


def _is_quiet(server: ShownServer) -> bool:
    """Whether nothing goes on there."""
    return not server.is_new and server.state == "running" and server.acknowledged and not server.text


def _columns(rows: Iterable[Sequence[str]]) -> list[str]:
    """The rows as lines, each column as wide as its widest text."""
    all_rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*all_rows, strict=True)]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in all_rows]


def _marked(mark: Mark, text: str) -> Text:
    return Text.assemble(coloured(mark), f" {text}")
