"""What is wrong, the most important first, and the one sentence on top."""

from dataclasses import replace

import msgspec
import pytest

from communicator.answers.clocks import Claim, ClockReport, Host, Local
from communicator.answers.clusters import Graph, Node
from communicator.answers.deployments import Deployments
from communicator.answers.releases import CanaryReport, Cell, Freeze, Release, SickServer, Standing
from communicator.answers.router import Statistics
from communicator.client.status import ClusterStatus
from communicator.flags.flag import Flag, FlagName
from communicator.wording import marks
from exporters.page.snapshot import Flags, Snapshot, Told
from exporters.page.views.troubles import status_view
from tests.exporters.page.scenes import ABORTING, DONE, PAUSED, deployment

CLAIM = Claim("synchronized", bound_seconds=0.002)
CLOCKS = ClockReport(
    local=Local("alpha", role="solver", claim=CLAIM),
    solved=True,
    hosts=(Host("alpha", 0.0, 0.0, "ok", claim=CLAIM), Host("beta", 0.0, 0.0, "ok", claim=CLAIM)),
    has_majority=True,
    agreeing=2,
)
WELL = Snapshot(
    at_wall_s=0.0,
    router=Told(Statistics(server="alpha"), ""),
    graph=Told(Graph(nodes=(Node("alpha", state="self"), Node("omega", state="unreachable"))), ""),
    cluster=ClusterStatus("up", "complete", 2, 2, 2),
    instances=Told((), ""),
    clocks=Told(CLOCKS, ""),
    history=Told((), ""),
    versions=Told(CanaryReport(server="alpha", cells=(Cell("alpha", "billing", "1.9", state="good"),)), ""),
    flags=Told(Flags(), ""),
)
WRONG = Host("beta", -0.0401, 0.00035, "wrong", claim=CLAIM)


def clocks(*hosts, **more):
    return replace(WELL, clocks=Told(msgspec.structs.replace(CLOCKS, hosts=hosts or CLOCKS.hosts, **more), ""))


def versions(*cells, **more):
    return replace(WELL, versions=Told(CanaryReport(server="alpha", cells=cells, **more), ""))


def flags(*priorities):
    told = [Flag(name=FlagName("a", "b", "c"), message=f"flag of {one}", priority=one) for one in priorities]
    return replace(WELL, flags=Told(Flags(flags=told), ""))


BLOCKED = Cell("alpha", "billing", "2.0", state="blocked", reason="never worked in 7 tries")


def test_all_is_well():
    view = status_view(WELL)
    assert (view.mark, view.sentence, list(view.troubles)) == (marks.GOOD, "All is well.", [])


@pytest.mark.parametrize(
    ("snapshot", "mark", "sentence", "section"),
    [
        (
            Snapshot(at_wall_s=0.0, router=Told(None, "not connected")),
            marks.BAD,
            "The router of this host does not tell how it is: not connected.",
            "router",
        ),
        (
            clocks(Host("alpha", contradicted_by="beta"), Host("beta", contradicted_by="alpha")),
            marks.BAD,
            "What is claimed of the clocks of alpha, beta cannot all be true.",
            "clocks",
        ),
        (
            replace(WELL, router=Told(Statistics(draining=True), "")),
            marks.DOUBTFUL,
            "The router of this host is draining: it is about to stop.",
            "router",
        ),
        (
            versions(BLOCKED, Cell("beta", "mailer", "4.1", state="blocked")),
            marks.BAD,
            "Versions billing 2.0, mailer 4.1 are blocked on 2 servers.",
            "versions",
        ),
        (
            replace(WELL, clocks=Told(None, "gone")),
            marks.DOUBTFUL,
            "The timekeeper of this host does not answer: gone.",
            "clocks",
        ),
        (
            replace(WELL, versions=Told(None, "gone")),
            marks.DOUBTFUL,
            "The canary of this host does not answer: gone.",
            "versions",
        ),
        (
            replace(WELL, flags=Told(None, "gone")),
            marks.DOUBTFUL,
            "The directory of flags of this host cannot be read: gone.",
            "flags",
        ),
        (
            replace(WELL, cluster=ClusterStatus("down", "incomplete", 3, 1, 2)),
            marks.BAD,
            "The cluster is down, incomplete: 1 of 3 hosts reached; 2 are needed for a quorum.",
            "hosts",
        ),
        (
            replace(WELL, cluster=ClusterStatus("up", "incomplete", 3, 2, 2)),
            marks.DOUBTFUL,
            "The cluster is up, incomplete: 2 of 3 hosts reached; not reached: omega.",
            "hosts",
        ),
        (clocks(WRONG), marks.BAD, "The clock of beta is wrong: -40.1 ms ± 350 µs.", "clocks"),
        (
            clocks(msgspec.structs.replace(WRONG, claim_holds=False)),
            marks.BAD,
            "The clock of beta is wrong: -40.1 ms ± 350 µs, and its claim is false.",
            "clocks",
        ),
        (
            clocks(*(Host(f"h{number}", verdict="wrong") for number in range(6))),
            marks.BAD,
            "6 clocks are wrong: h0, h1, h2 and 3 more.",
            "clocks",
        ),
        (
            clocks(Host("beta", verdict="ok", claim_holds=False)),
            marks.BAD,
            "A false claim is made of the clock of beta.",
            "clocks",
        ),
        (clocks(cluster_off=True), marks.BAD, "The clocks agree with each other and not with true time.", "clocks"),
        (
            clocks(has_majority=False),
            marks.BAD,
            "No majority of the clocks agrees, so nobody can tell which are wrong.",
            "clocks",
        ),
        (
            clocks(Host("beta", verdict="suspect"), Host("gamma", verdict="suspect")),
            marks.DOUBTFUL,
            "The clocks of beta, gamma are suspect.",
            "clocks",
        ),
        (
            clocks(local=Local("alpha", claim=Claim("unsynchronized", reasons=("no time daemon runs",)))),
            marks.DOUBTFUL,
            "The clock of alpha is unsynchronized: no time daemon runs.",
            "clocks",
        ),
        (
            clocks(Host("beta", verdict="ok", claim=Claim("unsynchronized"))),
            marks.DOUBTFUL,
            "Nothing keeps the clock of beta true.",
            "clocks",
        ),
        (versions(BLOCKED), marks.BAD, "Version billing 2.0 is blocked on alpha: never worked in 7 tries.", "versions"),
        (
            versions(BLOCKED, Cell("beta", "billing", "2.0", state="probation")),
            marks.BAD,
            "Version billing 2.0 is blocked on 2 servers.",
            "versions",
        ),
        (
            versions(Cell("a", "x", "1", state="suspect", until_seconds=3)),
            marks.DOUBTFUL,
            "Version x 1 is without messages for a while on a.",
            "versions",
        ),
        (versions(Cell("a", "x", "1", state="suspect")), marks.DOUBTFUL, "Version x 1 is suspect on a.", "versions"),
        (
            versions(releases=(Release("billing", "2.0", state="held"),)),
            marks.BAD,
            "Held in the whole cluster: billing 2.0.",
            "versions",
        ),
        (
            versions(servers=(SickServer("gamma"),)),
            marks.BAD,
            "Several services fail at once on gamma, so it is not their versions.",
            "versions",
        ),
        (
            versions(freezes=(Freeze("*"),)),
            marks.DOUBTFUL,
            "The rules are frozen: no version is blocked any more.",
            "versions",
        ),
        (flags(60, 55), marks.BAD, "A flag is up: flag of 60, and 1 other flag.", "flags"),
        (flags(20), marks.DOUBTFUL, "A flag is up: flag of 20.", "flags"),
    ],
)
def test_what_is_wrong(snapshot, mark, sentence, section):
    view = status_view(snapshot)
    assert (view.mark, view.sentence) == (mark, sentence)
    assert [trouble.section for trouble in view.troubles] == [section]


def test_what_is_no_trouble():
    assert not status_view(flags(5)).troubles
    assert not status_view(versions(Cell("alpha", "billing", state="observing"))).troubles


def test_what_is_bad_comes_before_what_is_doubtful():
    snapshot = replace(
        clocks(Host("gamma", verdict="suspect"), WRONG),
        versions=versions(Cell("a", "x", "1", state="suspect"), BLOCKED).versions,
        cluster=ClusterStatus("up", "incomplete"),
        flags=flags(60).flags,
    )
    view = status_view(snapshot)
    assert [trouble.section for trouble in view.troubles] == [
        "clocks",
        "versions",
        "flags",
        "hosts",
        "clocks",
        "versions",
    ]
    assert [trouble.mark.tone for trouble in view.troubles] == ["bad"] * 3 + ["doubtful"] * 3
    assert view.sentence == "The clock of beta is wrong: -40.1 ms ± 350 µs. And 5 other matters."


def test_what_could_not_be_written_once_is_no_trouble_for_ever():
    """A flag is up for as long as it cannot be written."""
    view = status_view(versions(Cell("alpha", "billing", "1.9", state="good"), canary=Standing(ledger_errors_total=2)))
    assert view == status_view(WELL)


def on_cpp_routers(snapshot, *servers):
    nodes = tuple(Node(server, state="linked", directory=False) for server in servers)
    return replace(snapshot, graph=Told(Graph("alpha", nodes=nodes), ""))


@pytest.mark.parametrize(
    ("snapshot", "servers", "ending"),
    [
        (clocks(WRONG), ("beta",), "host beta runs a C++ router, which knows no clock verdict."),
        (versions(BLOCKED), (BLOCKED.server,), f"host {BLOCKED.server} runs a C++ router, which knows no policy."),
        (
            versions(BLOCKED, Cell("c", "mailer", "4.1", state="blocked")),
            ("c", "d"),
            "host c runs a C++ router, which knows no policy.",
        ),
    ],
    ids=["clock", "version", "versions"],
)
def test_what_is_not_enforced_says_so_at_the_top(snapshot, servers, ending):
    assert status_view(on_cpp_routers(snapshot, *servers)).sentence.endswith(f"; not enforced there: {ending}")
    assert "not enforced" not in status_view(on_cpp_routers(snapshot, "other")).sentence


def test_what_is_held_in_the_whole_cluster_is_not_held_everywhere():
    report = CanaryReport(releases=(Release("billing", "2.0", state="held"),))
    sentence = status_view(on_cpp_routers(replace(WELL, versions=Told(report, "")), "c")).sentence
    assert sentence == (
        "Held in the whole cluster: billing 2.0; not enforced there: host c runs a C++ router, which knows no policy."
    )


def deploying(*deployments, leader="alpha"):
    return replace(WELL, deployments=Told(Deployments(leader=leader, deployments=deployments), ""))


BILLING = "the deployment of billing 2.0"
NOBODY = "nobody leads: nothing moves, and no command is taken until a majority of the canaries is in reach"


@pytest.mark.parametrize(
    ("snapshot", "told"),
    [
        (deploying(), []),
        (deploying(DONE, deployment()), []),
        (deploying(PAUSED), [("doubtful", f"{BILLING} waits for a person: {PAUSED.reason}")]),
        (deploying(DONE, ABORTING), [("bad", f"the deployment of mailer 4.2 goes back to 4.1: {ABORTING.reason}")]),
        (
            deploying(deployment("rolled_back", reason="it fails")),
            [("doubtful", f"{BILLING} was rolled back: it fails")],
        ),
        (deploying(deployment("rolled_back", in_phase_s=9e4)), []),
        (deploying(deployment("promoting", is_overdue=True)), [("doubtful", f"{BILLING} is overdue: up")]),
        (deploying(PAUSED, ABORTING), [("bad", None), ("doubtful", None)]),
        (deploying(*(msgspec.structs.replace(ABORTING, service=name) for name in "abcde")), [("bad", None)] * 4),
        (deploying(deployment(), leader=""), [("doubtful", NOBODY)]),
        (deploying(DONE, leader=""), []),
    ],
    ids=range(11),
)
def test_what_is_wrong_with_deployments(snapshot, told):
    found = [(one.mark.tone, one.sentence, one.section) for one in status_view(snapshot).troubles]
    assert [
        (tone, sentence if text else None) for (tone, sentence, _), (_, text) in zip(found, told, strict=True)
    ] == told
    assert {section for *_, section in found} <= {"deployments"}


def test_of_many_deployments_in_trouble_the_rest_is_counted():
    many = (msgspec.structs.replace(ABORTING, service=name) for name in "abcde")
    assert status_view(deploying(*many)).troubles[-1].sentence == "2 more deployments are in trouble"
