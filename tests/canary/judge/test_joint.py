"""Servers that decide before they hear of each other: together they take no more than one that knew all would have taken."""

import msgspec
import pytest

from canary.judge.caps import least_routable
from canary.judge.decide import decide
from canary.judge.state import Hold
from canary.records import ALL, CellKey, Version, VersionJudged
from canary.rules import Rules
from tests.canary.simulation.cluster import Cluster

NAMES = ("alpha", "beta", "delta", "gamma", "omega", "sigma")
NO_GAP = {"block_gap_s": 0}
COMMON = {
    "a": {"failures": 2, "span_s": 0},
    "ambient": {"services": 100, "elsewhere_s": 0, "boot_s": 0},
    "probes": {"jitter": 0},
}


@pytest.fixture
def gather():
    """A cluster of so many servers, on each of which version 1 of a service works."""
    made = []

    def make(servers, **tables):
        cluster = Cluster(NAMES[:servers], msgspec.convert({**COMMON, **tables}, Rules))
        made.append(cluster)
        cluster.settle()
        for house in cluster.houses.values():
            house.begin("fluid", "1")
            house.succeed("fluid")
        cluster.settle()
        return cluster

    yield make
    for cluster in made:
        cluster.close()


def fail_at_once(cluster, *names, times=2):
    """The new version dies on some servers, at the same moments."""
    for _ in range(times):
        for name in names or cluster.houses:
            cluster.houses[name].fail("fluid", "2")
        cluster.now_s += 0.5
        cluster.turn()


def states(cluster, seen_by=""):
    return {name: cell.state for name in cluster.houses if (cell := cluster.cell(name, "2", seen_by=seen_by))}


@pytest.mark.parametrize(
    ("servers", "blocked"),
    [(1, []), (2, ["alpha"]), (3, ["alpha"]), (4, ["alpha", "beta"]), (6, ["alpha", "beta", "delta"])],
)
def test_blocks_decided_at_once_leave_enough_of_a_service(gather, servers, blocked):
    cluster = gather(servers, caps=NO_GAP)
    fail_at_once(cluster)
    alone = {name for name, state in states(cluster).items() if state == "blocked"}
    assert len(alone) == servers or servers == 1, "before they hear of each other"
    cluster.settle()
    for seen_by in cluster.houses:
        found = states(cluster, seen_by)
        assert [name for name in found if found[name] == "blocked"] == blocked
        assert set(found.values()) <= {"blocked", "suspect"}
    for name, house in cluster.houses.items():
        assert house.let_in("fluid", "2") == (name not in blocked)


def test_who_gives_way_says_why_and_is_held_back_from_then_on(gather):
    cluster = gather(2, caps=NO_GAP)
    fail_at_once(cluster)
    cluster.settle()
    assert cluster.moves("beta")[-3:] == ["blocked", "suspect", "blocked (last_instance)"]
    cell = cluster.cell("beta", "2")
    assert cell.reason == (
        "caps: 0 instances of its service are left (limit 1) since alpha, beta decided before they heard of each other; "
        "the highest name gives way"
    )
    assert (cell.strikes, cell.suppressed_by) == (0, "last_instance")
    before = cluster.moves("beta"), cluster.moves("alpha")
    for _ in range(5):
        cluster.houses["beta"].fail("fluid", "2")
        cluster.settle()
    assert (cluster.moves("beta"), cluster.moves("alpha")) == before, "it happens once"


def test_it_is_decided_again_when_there_is_room(gather):
    cluster = gather(2, caps=NO_GAP)
    fail_at_once(cluster)
    cluster.settle()
    alpha = cluster.houses["alpha"]
    alpha.begin("fluid", "1")
    alpha.succeed("fluid")
    cluster.settle()
    assert states(cluster) == {"alpha": "blocked", "beta": "blocked"}, "version 2 runs nowhere, and 1 works on alpha"


def test_of_two_blocks_at_once_one_waits_for_its_time(gather):
    cluster = gather(6)
    fail_at_once(cluster, "beta", "gamma", "sigma")
    assert set(states(cluster).values()) == {"blocked"}
    cluster.settle(2)
    assert states(cluster) == {"beta": "blocked", "gamma": "suspect", "sigma": "suspect"}
    assert "beta blocked its service too, less than 60 s apart" in cluster.cell("gamma", "2").reason
    cluster.settle(17)
    assert states(cluster) == {"beta": "blocked", "gamma": "blocked", "sigma": "suspect"}
    cluster.settle(17)
    assert states(cluster) == {"beta": "blocked", "gamma": "blocked", "sigma": "blocked"}
    assert cluster.moves("beta").count("blocked") == 1
    assert (cluster.cell("sigma", "2").strikes, cluster.cell("sigma", "2").state) == (0, "blocked")


def test_ejections_at_once_leave_enough_too(gather):
    cluster = gather(3, b={"failures": 2, "base_s": 600, "longest_s": 600})
    fail = [house.fail for house in cluster.houses.values()]
    for _ in range(2):
        for one in fail:
            one("fluid", "1")
        cluster.turn()
    ejected = [name for name in cluster.houses if cluster.cell(name, "1").until_at_s is not None]
    assert len(ejected) == 3
    cluster.settle()
    ejected = [name for name in cluster.houses if cluster.cell(name, "1").until_at_s is not None]
    assert ejected == ["alpha"]
    assert cluster.cell("delta", "1").reason.startswith("caps: 0 instances")


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_two_halves_decide_by_what_they_know_and_agree_when_they_meet(gather, share):
    """Each half may leave one instance; when they meet, there are enough, so that none gives way."""
    cluster = gather(4, caps={**NO_GAP, "routable_share": share})
    cluster.half = frozenset(("alpha", "beta"))
    cluster.settle()
    fail_at_once(cluster, "beta", "delta")
    cluster.settle()
    expected = {"beta": "blocked", "delta": "blocked"} if share == 0.0 else {"beta": "suspect", "delta": "suspect"}
    assert states(cluster) == expected
    cluster.half = frozenset()
    cluster.settle()
    assert set(states(cluster).values()) == {"blocked"}


def test_halves_that_took_too_much_before_they_knew_they_were_halves_mend_it_when_they_meet(gather):
    cluster = gather(2, caps=NO_GAP)
    cluster.half = frozenset(("alpha",))
    fail_at_once(cluster)
    cluster.under_way.clear()
    before = states(cluster)
    cluster.now_s += 1_800.0
    cluster.turn()
    cluster.half = frozenset()
    cluster.settle()
    barred = [name for name in cluster.houses if not cluster.houses[name].gets_messages("fluid", "2")]
    state = cluster.houses["alpha"].mind.state
    assert len(barred) <= 2 - least_routable(state, cluster.rules.caps, "fluid"), before


def test_those_that_have_gone_since_are_no_reason_to_give_way(gather):
    """Then a block ends early, in a probe, as ever."""
    cluster = gather(4, caps=NO_GAP)
    fail_at_once(cluster, "alpha", "beta")
    cluster.settle()
    assert states(cluster) == {"alpha": "blocked", "beta": "blocked"}
    cluster.half = frozenset(("gamma",))
    cluster.settle()
    assert states(cluster) == {"alpha": "probation", "beta": "probation"}


def test_a_hold_spares_a_server_that_had_started_the_version_before_it_heard_and_is_needed(gather):
    """The leader held version 2 while delta still ran version 1, as far as it knew."""
    cluster = gather(4, caps=NO_GAP, d={"mode": "enforce"})
    fail_at_once(cluster, "alpha", "beta")
    cluster.houses["delta"].begin("fluid", "2")
    cluster.turn()
    leader = cluster.houses["alpha"]
    cluster.under_way = [one for one in cluster.under_way if one[0] != "delta"]
    cluster.deliver_all()
    cluster.turn()
    held = Version("fluid", "2", "")
    release = leader.mind.state.releases[held]
    assert (list(leader.mind.state.held), release.spared) == ([held], ())
    until_at_s = release.until_at_s
    cluster.settle()
    assert (list(leader.mind.state.held), release.spared, release.until_at_s) == ([held], ("delta",), until_at_s)
    assert release.reason.endswith("; caps: it goes on where too little would be left without it, on delta")
    let_in = [name for name, house in cluster.houses.items() if house.let_in("fluid", "2")]
    assert let_in == ["delta"]
    entries = len(leader.shelf.kept)
    cluster.settle()
    assert not any(isinstance(entry.record, VersionJudged) for entry in leader.shelf.kept[entries:]), "it is said once"


def test_whom_the_word_of_a_leader_before_bars_still_is_not_spared_over_and_over(gather):
    """That leader is gone for good, and its hold lasts for its time."""
    cluster = gather(4, caps=NO_GAP, d={"mode": "enforce"})
    fail_at_once(cluster, "alpha", "beta")
    cluster.houses["delta"].begin("fluid", "2")
    cluster.turn()
    cluster.under_way = [one for one in cluster.under_way if one[0] != "delta"]
    cluster.deliver_all()
    cluster.settle()
    leader = cluster.houses["alpha"]
    assert leader.mind.state.releases[Version("fluid", "2", "")].spared == ("delta",)
    before = Hold("aleph", (1, 1), leader.now_s() + 3_600, "held", probe_allowed=False)
    leader.mind.state.holds[CellKey(ALL, "fluid", "2", ALL)] = before
    found = decide(leader.mind.state, cluster.rules, "alpha", True, leader.now_s(), None)  # noqa: FBT003 - it leads
    assert not any(isinstance(record, VersionJudged) for record in found)


def test_a_canary_that_holds_takes_nothing_back(gather):
    cluster = gather(2, caps=NO_GAP)
    fail_at_once(cluster)
    for house in cluster.houses.values():
        house.mind.rules = msgspec.structs.replace(cluster.rules, holds=True)
    cluster.settle()
    assert states(cluster) == {"alpha": "blocked", "beta": "blocked"}
