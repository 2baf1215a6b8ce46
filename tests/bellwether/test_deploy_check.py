"""Whether hosts can do what a deployment asks: a row for each kind of host, what follows, and how it looks."""

import pytest
from msgspec.structs import replace

from bellwether.deploy_check import Around, lacking, plan, refused, render, require_known, rows_of, warnings
from bellwether.failure import CommandError
from canary.deployment.spec import read_file
from communicator.answers.deployments import Readiness
from communicator.answers.services import Instance, Role
from tests.bellwether.canary_sample import screen

SPEC = read_file('service = "billing"\nversion = "2.0"\nexecutor = "systemd"', "billing")
NAMED = read_file('service = "billing"\nversion = "2.0"\nservers = ["alpha", "gamma"]', "billing")
MISSING = ("executor 'systemd' is not defined: [deploy.executors.systemd] in canaryd.toml",)
AROUND = Around(
    told={
        "alpha": Readiness(server="alpha", has="1.9"),
        "beta": Readiness(server="beta", has="1.9", missing=MISSING),
        "delta": Readiness(server="delta"),
        "silent": "the canary does not tell: parameter view",
    },
    members=("alpha", "beta", "delta", "gamma", "silent"),
    instances=(
        Instance("billing", "alpha", "1.9"),
        Instance("billing", "silent", "1.9"),
        Instance("billing", "bare", "1.8"),
        Instance("billing", "cpp", "1.9"),
        Instance("printer", "delta", "1.0"),
    ),
    not_enforced=("cpp",),
)
PAGE = """\
✔ alpha: ready, has 1.9
✖ bare: no canary is up there: nothing is done there, has 1.8
✖ beta: lacks what it needs, has 1.9
    executor 'systemd' is not defined: [deploy.executors.systemd] in
    canaryd.toml
· delta: not concerned
? gamma: away: nobody can say
✖ silent: its canary does not say, has 1.9
    the canary does not tell: parameter view
⚠ cpp: not enforced there: host cpp runs a C++ router, which knows no policy,
has 1.9"""


def test_each_kind_of_host_has_its_line():
    assert screen(render(rows_of(SPEC, AROUND))) == PAGE


def test_where_it_cannot_be_done_is_named_and_what_is_not_known_is_a_warning():
    rows = rows_of(SPEC, AROUND)
    assert lacking(rows) == "it cannot be done on bare, beta, silent"
    assert warnings(rows) == [
        "not enforced there: host cpp runs a C++ router, which knows no policy",
        "nobody can say whether it can be done on gamma: away",
    ]


def test_what_who_leads_would_say_is_told_before_anything_is_begun():
    why = "billing 2.0 runs on all of its servers already"
    told = {"alpha": Readiness(server="alpha", has="2.0", refused=why), "beta": Readiness(server="beta", has="2.0")}
    rows = rows_of(SPEC, Around(told))
    assert (refused(rows), lacking(rows)) == (f"alpha refuses: {why}", "")
    assert screen(render(rows)) == (
        f"✔ alpha: ready, has 2.0\n✔ beta: ready, has 2.0\n✖ alpha: leads, and would not begin it\n    {why}"
    )
    assert refused(rows_of(SPEC, AROUND)) == ""


def test_where_servers_are_named_the_others_are_not_concerned():
    rows = {row.server: row.status for row in rows_of(NAMED, AROUND)}
    assert rows == {
        "alpha": "ready",
        "bare": "not_concerned",
        "beta": "not_concerned",
        "delta": "not_concerned",
        "gamma": "away",
        "silent": "not_concerned",
        "cpp": "not_enforced",
    }
    assert lacking(rows_of(NAMED, AROUND)) == ""


def test_the_host_of_a_shadow_is_concerned_though_the_service_does_not_run_there():
    text = 'service = "billing"\nversion = "2.0"\nstrategy = "shadow"\nexecutor = "roll"\n[shadow]\nserver = "delta"'
    rows = {row.server: row.status for row in rows_of(read_file(text, "x"), AROUND)}
    assert (rows["delta"], rows["alpha"]) == ("ready", "ready")
    rows = {row.server: row.status for row in rows_of(read_file(text.replace("delta", "zeta"), "x"), AROUND)}
    assert rows["zeta"] == "no_canary"


SHADOW = 'service = "billing"\nversion = "2.0"\nstrategy = "shadow"\nexecutor = "roll"\n[shadow]\nserver = "alpha"\n'


@pytest.mark.parametrize(
    ("primary", "status"),
    [("*", "not_concerned"), ("beta", "not_concerned"), ("delta", "lacking"), ("gamma", "not_concerned")],
)
def test_a_primary_without_the_service_lacks_it_as_start_will_say(primary, status):
    spec = read_file(f'{SHADOW}primary = "{primary}"', "x")
    rows = {row.server: row for row in rows_of(spec, AROUND)}
    assert rows["delta"].status == status
    bare = ("shadow.primary: billing does not run there, so there is nothing to copy",)
    assert rows["delta"].missing == (bare if status == "lacking" else ())
    assert ("delta" in lacking(rows.values())) is (status == "lacking")


def test_a_primary_that_nobody_knows_is_named():
    rows = rows_of(read_file(f'{SHADOW}primary = "alhpa"', "x"), AROUND)
    assert {row.server: row.status for row in rows}["alhpa"] == "no_canary"
    assert "alhpa" in lacking(rows)


def test_where_only_a_shadow_runs_the_service_does_not():
    shadow = Instance("billing", "delta", "2.0", role=Role.SHADOW)
    around = replace(AROUND, instances=(*AROUND.instances, shadow))
    rows = {row.server: row for row in rows_of(read_file(f'{SHADOW}primary = "delta"', "x"), around)}
    assert (rows["delta"].status, rows["delta"].has) == ("lacking", "")


def test_a_named_server_without_a_canary_cannot_do_it():
    around = Around(told={"alpha": Readiness(server="alpha")}, members=("alpha",))
    assert lacking(rows_of(NAMED, around)) == "it cannot be done on gamma"


def test_a_service_that_nobody_has_is_told_with_the_nearest():
    spec = read_file('service = "biling"\nversion = "2.0"', "x")
    around = Around(told={"alpha": Readiness(server="alpha")}, instances=AROUND.instances)
    with pytest.raises(CommandError) as caught:
        require_known(spec, rows_of(spec, around), around.instances)
    assert (str(caught.value), caught.value.exit_code) == (
        (
            "no host has the service 'biling'; do you mean 'billing'? (to install it for the first time, name its servers in "
            "a file: servers = […])"
        ),
        2,
    )


def test_a_service_that_nobody_has_yet_may_name_its_servers():
    require_known(NAMED, rows_of(NAMED, Around(told={})), ())


STEPS = """
strategy = "canary"
executor = "systemd"
[[steps]]
servers = 1
bake = "1h"
pause = true
[[steps]]
servers = "25%"
weight = "10%"
pause = "10m"
"""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            STEPS,
            (
                "canary of billing 2.0 by executor systemd\n"
                "  1  1 server, bakes 1h 0m, then a person says promote, or after 1d 0h: abort\n"
                "  2  25% of the servers, 10% of their traffic, bakes 20m 0s, then one may object for 10m 0s"
            ),
        ),
        (
            "",
            (
                "canary of billing 2.0 by executor none\n  1  1 server, bakes 20m 0s\n  2  25% of the servers, bakes 20m 0s\n"
                "  3  50% of the servers, bakes 20m 0s\n  4  100% of the servers, bakes 20m 0s"
            ),
        ),
        (
            'strategy = "blue-green"\npromote = "by hand"',
            "blue-green of billing 2.0 by executor none\n  the switch comes by hand, the old colour is kept for 15m 0s",
        ),
        (
            'strategy = "shadow"\nexecutor = "roll"\n[shadow]\nserver = "delta"\nshare = "5%"',
            (
                "shadow of billing 2.0 by executor roll\n"
                "  a shadow on delta, with 5 % of the conversations of each server, bakes 20m 0s"
            ),
        ),
        (
            STEPS + '[shadow]\nserver = "delta"\nprimary = "alpha"\nbake = "1h"',
            (
                "canary of billing 2.0 by executor systemd\n"
                "  a shadow on delta, with 10 % of the conversations of alpha, bakes 1h 0m\n"
                "  1  1 server, bakes 1h 0m, then a person says promote, or after 1d 0h: abort\n"
                "  2  25% of the servers, 10% of their traffic, bakes 20m 0s, then one may object for 10m 0s"
            ),
        ),
    ],
)
def test_what_would_be_done_has_a_line_for_each_step(text, shown):
    assert plan(read_file(f'service = "billing"\nversion = "2.0"\n{text}', "x")) == shown
