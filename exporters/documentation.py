"""SHELL: writes docs/metrics.md from the definitions: ``python -m exporters.documentation > docs/metrics.md``."""

import sys
from collections.abc import Sequence

from exporters.metric import AnyTarget, Definition
from exporters.targets import TARGETS

_HEAD = """# Metrics

`bellwether-exporter` serves these at `/metrics` (port 9740). It asks the daemons of its own host at each
scrape. A metric whose value is not known is absent.

This page is generated: `python -m exporters.documentation > docs/metrics.md`.
"""


def render(targets: Sequence[AnyTarget]) -> str:
    """The whole page, one table for each target."""
    return "\n".join([_HEAD, *(_section(target) for target in targets)])


def _section(target: AnyTarget) -> str:
    head = f"## {target.service}\n\n| name | type | labels | meaning |\n|---|---|---|---|\n"
    return head + "".join(map(_line, target.definitions))


def _line(metric: Definition) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    meaning = metric.help.replace("|", "\\|")
    return f"| `{metric.name}` | {metric.kind} | {labels} | {meaning} |\n"


if __name__ == "__main__":
    sys.stdout.write(render(TARGETS))
