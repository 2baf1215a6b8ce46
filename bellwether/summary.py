"""PURE: what ``bellwether up`` prints once all is ready; facts in, lines out."""

from collections.abc import Mapping
from dataclasses import dataclass

from rich.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A suite that is ready."""

    directory: str
    router: Mapping[str, object]
    """The router's ports file."""
    http: str
    """``host:port`` of the exporter, which serves the page and the metrics."""
    replaced: Mapping[str, str]
    """Standard addresses that were in use, and what was taken instead."""
    command: str
    """How the user calls us."""
    found_here: bool
    """Whether commands started here find this router by themselves."""


def render(running: Running) -> Text:
    """The summary: where everything is, and what to type next; print it without wrapping, addresses are to be copied."""
    lines = [
        Text("Bellwether is up.", style="bold green"),
        *(Text.assemble("  ", (f"{name:<21}", "cyan"), value) for name, value in _places(running)),
        *(
            Text(f"  {wanted} is in use by another program: took {taken} instead", style="yellow")
            for wanted, taken in running.replaced.items()
        ),
        Text(),
        *_next_steps(running),
    ]
    return Text("\n").join(lines)


def _places(running: Running) -> list[tuple[str, str]]:
    router = [
        ("router, Unix socket", "cd://", "unix"),
        ("router, TCP", "cd://", "local"),
        ("router, UDP signal", "cdu://", "signal"),
    ]
    return [
        ("page, for a browser", f"http://{running.http}/"),
        *((name, f"{scheme}{address}") for name, scheme, key in router for address in _each(running.router.get(key))),
        ("metrics", f"http://{running.http}/metrics"),
        ("logs", f"{running.directory}/log/"),
    ]


def _each(addresses: object) -> list[str]:
    if isinstance(addresses, list):
        return [str(address) for address in addresses]
    return [str(addresses)] if addresses else []


def _next_steps(running: Running) -> list[Text]:
    steps = [
        f"{running.command} status",
        f"{running.command} send --wait timekeeper/CLOCK_GET_REPORT",
        f"curl -s http://{running.http}/metrics",
    ]
    if not running.found_here:
        address = next(iter(_each(running.router.get("unix"))), "")
        steps.insert(0, f"export BELLWETHER_COMMUNICATOR=cd://{address}")
    return [
        Text("Next, in another terminal:", style="bold"),
        *(Text(f"  {step}") for step in steps),
        Text("Ctrl-C stops everything.", style="dim"),
    ]
