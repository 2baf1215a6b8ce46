"""SHELL: writes docs/metrics.md from the definitions: ``python -m exporters.documentation > docs/metrics.md``."""

import sys
from collections.abc import Sequence

from exporters.collectors.metric import AnyTable, Definition
from exporters.collectors.targets import TARGETS

_HEAD = """# Metrics

`bellwether-exporter` serves these at `/metrics` (port 9740). At each scrape it asks the daemons of its own host, reads the
directory of flags and looks at the host. A metric whose value is not known is absent, and so is one of a host, a version or a
service that is no more; then it starts anew. With `cluster = true` the metrics of single clocks, and those of versions on
servers, are there for all hosts of the cluster, else for this one alone.

*Series* is how many a metric may have on one page. Those beyond are left out, and counted in `exporter_series_dropped`.

Each section is one collector: `--no-collector.NAME`, or `[collectors]` in exporter.toml, leaves it out, except for the last.

- `/metrics` gives text, OpenMetrics to whoever accepts it, and either compressed. It waits for a daemon as long as the scraper
  does, by its `X-Prometheus-Scrape-Timeout-Seconds`, less half a second, and at most 4 s. Who scrapes meanwhile shares the answers.
- `--textfile DIR` serves nothing and writes `DIR/bellwether.prom` every `textfile.interval_s` for node_exporter's textfile
  collector, whole at any moment, and removes it at the end. With the unit of systemd, `ReadWritePaths=DIR` lets it write there.
- `--check` prints the page once, beside an exporter that runs or not. Exit code 0: every target is up; 1: one is down, and the log
  on standard error says which and why; 78: a setting is wrong.

This page is generated: `python -m exporters.documentation > docs/metrics.md`.
"""

_ABOUT = {
    "router": "What the `communicatord` of this host counts.",
    "timekeeper": "What the `timekeeper` of this host measures and concludes. Each host's exporter tells of its own clock.",
    "canary": (
        "What the `canary` of this host knows of versions and how they do. Counters are since it started; those of a version go "
        "with it. Releases (`canary_held`, `canary_log10_evidence`) are those of the versions that are shown."
    ),
    "deployments": (
        "The newest deployment of each service, as the `canary` of this host knows it; each host's knows of all, so `max by "
        "(cluster, service, version)` is what the cluster says. `bellwether_deployment_up` is about that canary, not about a "
        "deployment. One that has ended stays until the next one of its service."
    ),
    "shadows": (
        "What the `canary` of this host has come to by comparing shadows with the services that are live here. Counters are since "
        "it started, or the comparison did. What the router copies, and what it keeps back, is `communicator_shadow_*`."
    ),
    "features": (
        "Feature flags as the `canary` of this host knows them: those that are off first, then those that are stale, then as many "
        "others as some 500 in all. Evaluations are those of this host since its canary started."
    ),
    "flags": (
        "The flags in `flags_path`, where the sitter reads them too: the first hundred files by name, with the unit, section and "
        "name of the file. What the sitter itself does, it alone could tell: `sitter_up` is about the directory, and there is no "
        "metric of its runs, its plugins or their errors."
    ),
    "host": (
        "The machine. The processes are found by the numbers that the router tells of its services; its own is known where the "
        "exporter reaches it through a Unix socket. While the router is away those known before are looked at."
    ),
    "exporter": "The exporter itself, on every page.",
}


def render(tables: Sequence[AnyTable]) -> str:
    """The whole page, one table for each collector."""
    return "\n".join([_HEAD, *(_section(table) for table in tables)])


def _section(table: AnyTable) -> str:
    about = f"{_ABOUT[table.name]}\n\n" if table.name in _ABOUT else ""
    head = f"## {table.name}\n\n{about}| name | type | labels | series | meaning |\n|---|---|---|---|---|\n"
    return head + "".join(map(_line, table.definitions))


def _line(metric: Definition) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    meaning = metric.help.replace("|", "\\|")
    return f"| `{metric.name}` | {metric.kind} | {labels} | {metric.series_max:,} | {meaning} |\n"


if __name__ == "__main__":
    sys.stdout.write(render(TARGETS))
