"""What external servers say, as a table."""

import io

from rich.console import Console

from bellwether.clock_references import render
from communicator.answers.clocks import ClockReport, Host, Local, References

HEARS = References(-0.2, 0.007, ("s4", "s5"), ("s6",), {"s7": "no answer within 5 s"}, 12.0)
HOSTS = tuple(Host(name, 0.0, 0.0001, "ok") for name in ("h1", "h2", "h3", "h4"))


def screen(width=120, **told):
    console = Console(file=io.StringIO(), width=width)
    console.print(render(ClockReport(local=Local("h1"), solved=True, has_majority=True, **told)))
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_each_server_has_a_line():
    silent = References(complaints={"s8": "no answer"})
    assert screen(hosts=HOSTS, references_by_host={"h3": silent, "h1": HEARS, "h4": References()}) == [
        "HOST  OFFSET ± BOUND              AGE  SERVER",
        "h1    +200 ms ± 7 ms              12s  s4      ✔ agrees",
        "                                       s5      ✔ agrees",
        "                                       s6      ✖ falseticker: most of the servers contradict it",
        "                                       s7      ? gives nothing: no answer within 5 s",
        "h3    no answer                   -    s8      ? gives nothing: no answer",
        "h4    no majority of its servers  -    -       no answer yet",
        "",
        "⚠ h1 hears true time 200 ms behind most clocks (±7 ms)",
        "    asks none: h2",
    ]


def test_servers_that_agree_with_the_cluster():
    assert screen(hosts=HOSTS[:1], references_by_host={"h1": References(0.001, 0.002, ("s",))})[-1] == (
        "✔ the external servers agree with most clocks"
    )


def test_nobody_asks():
    assert screen(hosts=HOSTS)[0].startswith("No host asks external servers. Name some under [references]")
