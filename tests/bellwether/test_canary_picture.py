"""What canaries tell, read and put together."""

import msgspec

from bellwether.canary_picture import Frozen, Ordered, Picture, narrowed, put_together
from communicator.answers.releases import CanaryReport, Cell, Freeze, Override, Release, Standing, Stranger


def cells(*states):
    return tuple(Cell(server, "x", state=state) for server, state in states)


def test_each_server_is_told_by_its_own_canary():
    base = CanaryReport("alpha", cells=cells(("alpha", "good"), ("beta", "unknown"), ("gamma", "unknown")))
    own = {"beta": CanaryReport("beta", cells=cells(("beta", "blocked"), ("alpha", "unknown")))}
    picture = put_together(base, own)
    assert [(cell.server, cell.state) for cell in picture.cells if cell.server != "alpha"] == [
        ("beta", "blocked"),
        ("gamma", "unknown"),
    ]
    assert picture.unheard == ("gamma",)


def test_the_one_that_tells_of_the_cluster_is_believed_about_itself():
    base = CanaryReport("alpha", cells=cells(("alpha", "good")))
    picture = put_together(base, {"alpha": CanaryReport("alpha", cells=cells(("alpha", "unknown")))})
    assert [cell.state for cell in picture.cells] == ["good"]


def test_a_freeze_of_all_is_told_once_with_where_it_holds():
    freeze, own_freeze = Freeze("*", 5.0, "we move", "root"), Freeze("x", 5.0, "why", "")
    picture = put_together(
        CanaryReport("beta", freezes=(freeze,)), {"alpha": CanaryReport("alpha", freezes=(freeze, own_freeze))}
    )
    assert [(one.scope, one.servers) for one in picture.freezes] == [("*", ("alpha", "beta")), ("x", ("alpha",))]


def test_an_override_of_all_is_told_once():
    override = Override("block", service="x", version="1")
    newer = msgspec.structs.replace(override, until_seconds=9.0)
    picture = put_together(
        CanaryReport("beta", overrides=(override,)), {"alpha": CanaryReport("alpha", overrides=(newer,))}
    )
    assert len(picture.overrides) == 1


def test_an_override_says_where_it_does_not_hold():
    override = Override("block", service="x", version="1", order="1")
    waiting = msgspec.structs.replace(override, in_force=False)
    there = msgspec.structs.replace(override, server="beta", order="2")
    picture = put_together(
        CanaryReport("beta", Standing(members=("alpha", "beta", "cpp", "delta", "gamma")), overrides=(override, there)),
        {"alpha": CanaryReport("alpha", overrides=(waiting,)), "gamma": CanaryReport("gamma")},
        ("cpp",),
    )
    assert [(one.order, one.not_on, one.away) for one in picture.overrides] == [
        ("1", ("alpha", "gamma"), ("delta",)),
        ("2", (), ()),
    ]


def test_one_service_alone():
    picture = Picture(
        "a",
        cells=(Cell("a", "x"), Cell("a", "y")),
        releases=(Release("x"), Release("y")),
        freezes=(Frozen("*"), Frozen("x"), Frozen("y")),
        overrides=(Ordered("pin", service="x"), Ordered("pin", service="y")),
    )
    one = narrowed(picture, "x")
    assert [cell.service for cell in one.cells] == ["x"]
    assert [release.service for release in one.releases] == ["x"]
    assert [freeze.scope for freeze in one.freezes] == ["*", "x"]
    assert [override.service for override in one.overrides] == ["x"]


def test_another_canary_that_cannot_write_is_named():
    full = CanaryReport("beta", canary=Standing(ledger_fault="no space left"))
    assert put_together(CanaryReport("alpha"), {"beta": full, "gamma": CanaryReport("gamma")}).unwritten == {
        "beta": "no space left"
    }


def test_strangers_are_told_by_the_canary_of_their_host():
    base = CanaryReport("alpha", strangers=(Stranger("alpha", "u"), Stranger("beta", "u"), Stranger("gamma", "u")))
    own = {"beta": CanaryReport("beta", strangers=(Stranger("beta", "v", service="x"), Stranger("alpha", "w")))}
    picture = put_together(base, own)
    assert {(one.server, one.user) for one in picture.strangers} == {("alpha", "u"), ("gamma", "u"), ("beta", "v")}
    assert [one.user for one in narrowed(picture, "x").strangers] == ["v"]


def test_who_names_other_canary_hosts_is_told():
    def report(server, *hosts):
        return CanaryReport(server, Standing(canary_hosts=hosts))

    own = {"beta": report("beta", "beta", "alpha"), "gamma": report("gamma"), "delta": report("delta", "alpha")}
    picture = put_together(report("alpha", "alpha", "beta"), own)
    assert picture.unlike == {"delta": ("alpha",), "gamma": ()}
