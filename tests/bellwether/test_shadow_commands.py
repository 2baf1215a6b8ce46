"""The commands about shadows against a router that says what a test wrote down: each outcome, and each likely slip."""

import json

import msgspec
import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from bellwether.main import application
from communicator.answers.policy import Policy
from communicator.answers.router import Statistics
from communicator.answers.shadows import Comparisons
from tests.bellwether import shadow_sample as sample
from tests.bellwether.conftest import said

STATISTICS = Statistics(version="0.2.0", server="alpha", shadow_lines_discarded_total=0, mirrors=(sample.MIRROR,))
POLICY = Policy(generation=(3, 7), lease_s=60.0, shadows=(sample.ENTRY,))


def to_text(value):
    return msgspec.json.encode(value).decode()


def from_canary(server, report, command="CANARY_CURRENT_REPORT"):
    return said(command, report, sent_from_server=server, sent_from_service="canary")


def tells(told):
    """What the canaries answer: comparisons, or why they do not tell."""

    def answer(question):
        one = told[question.server]
        if one is None:
            return []
        if isinstance(one, str):
            return [from_canary(question.server, {"command": question.command, "message": one}, "INVALID")]
        return [from_canary(question.server, {"report": to_text(one)})]

    return answer


def a_script(told, statistics=STATISTICS, policy=POLICY):
    instances = [
        {"service": name, "server": server, "role": "live"} for name in ("canary", "billing") for server in told
    ]
    return {
        "ROUTER_GET_STATS": [said("ROUTER_STATS", {"stats": to_text(statistics)})],
        "POLICY_GET": [said("POLICY_CURRENT", {"generation": "3,7", "policy": to_text(policy)})],
        "LIST_SERVICES": [said("SERVICES", {"services": json.dumps(instances), "total": str(len(instances))})],
        "CANARY_GET_REPORT": tells(told),
    }


TOLD = {"alpha": replace(sample.ON_ALPHA, mirrors=()), "gamma": sample.ON_GAMMA}


def test_status_asks_the_router_here_and_each_canary(ask):
    done, router = ask(a_script(TOLD), "shadow", "status")
    assert (done.exit_code, done.stderr) == (1, "")
    assert "✖ billing 2.0 on gamma  differs" in done.stdout
    assert "✔ copying; 3 messages wait" in done.stdout
    assert "known by its unit billing-shadow.service" in done.stdout
    assert {(one.server, one.get("view")) for one in router.of("CANARY_GET_REPORT")} == {
        ("alpha", "shadows"),
        ("gamma", "shadows"),
    }


@pytest.mark.parametrize("name", ["status", "diff"])
@pytest.mark.parametrize(
    ("comparison", "exit_code"),
    [
        (sample.COMPARISON, 1),
        (sample.SUSPECT, 3),
        (sample.UNPAIRED, 3),
        (sample.NOTHING, 3),
        (sample.ALIKE, 0),
    ],
    ids=["differs", "may differ", "inconclusive", "nothing", "alike"],
)
def test_a_script_hears_by_the_exit_code_whether_it_differs(ask, name, comparison, exit_code):
    told = {**TOLD, "alpha": Comparisons(server="alpha", comparisons=(comparison,))}
    done, _ = ask(a_script(told), "shadow", name, "billing")
    assert (done.exit_code, done.stderr) == (exit_code, "")


def test_a_reference_says_nothing_about_the_shadow(ask):
    told = {"alpha": Comparisons(comparisons=(sample.ALIKE,))}
    policy = replace(POLICY, shadows=(sample.ENTRY, sample.REFERENCE))
    assert ask(a_script(told, policy=policy), "shadow", "status")[0].exit_code == 0


@pytest.mark.parametrize("name", ["status", "diff"])
def test_a_shadow_that_is_over_differs_no_more(ask, name):
    told = {"alpha": Comparisons(server="alpha", comparisons=(sample.COMPARISON,))}
    script = a_script(told, replace(STATISTICS, mirrors=()), replace(POLICY, shadows=()))
    done, _ = ask(script, "shadow", name, "billing")
    assert (done.exit_code, done.stderr) == (3, "")
    assert "over" in done.stdout or "which is a shadow no more" in done.stdout.replace("\n", " ")


def test_beside_one_that_is_over_the_other_one_counts(ask):
    policy = replace(POLICY, shadows=(replace(sample.ENTRY, version="2.1"),))
    both = {"alpha": Comparisons(comparisons=(sample.COMPARISON, replace(sample.ALIKE, version="2.1")))}
    assert ask(a_script(both, replace(STATISTICS, mirrors=()), policy), "shadow", "status")[0].exit_code == 0


def test_diff_shows_the_paths(ask):
    done, _ = ask(a_script(TOLD), "shadow", "diff", "billing")
    assert "CHARGED.body.items[].price   12 of 824" in done.stdout


@pytest.mark.parametrize("name", ["status", "diff"])
def test_programs_get_all_that_was_told(ask, name):
    done, _ = ask(a_script(TOLD), "shadow", name, "--json")
    told = json.loads(done.stdout)
    ((one,), told_by) = told["shadows"], told["told_by"]
    assert (done.exit_code, told_by) == (1, ["alpha", "gamma"])
    assert (one["verdict"], one["entry"]["share"], one["fence"]["by_unit"]) == ("differs", 0.1, True)
    assert one["sides"][0]["comparison"]["differences"][0]["path"] == sample.NEWS.path


def test_without_a_shadow_it_says_how_one_is_started(ask):
    script = a_script({"alpha": Comparisons()}, replace(STATISTICS, mirrors=()), replace(POLICY, shadows=()))
    done, _ = ask(script, "shadow", "status")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (
        3,
        "no shadow runs: 'bellwether deploy start' with a file that has a table [shadow] starts one (docs/shadow.md)",
    )


START = "'bellwether deploy start' with a file that has a table [shadow] starts one"


@pytest.mark.parametrize("name", ["status", "diff"])
@pytest.mark.parametrize(
    ("service", "shadows", "text"),
    [
        ("biling", (sample.ENTRY,), "nothing is known of a service 'biling'; do you mean 'billing'?"),
        ("biling", (), "nothing is known of a service 'biling'; do you mean 'billing'?"),
        ("x", (sample.ENTRY,), "nothing is known of a service 'x'; there are shadows of: billing"),
        ("x", (), "nothing is known of a service 'x'; no service has one"),
        ("canary", (sample.ENTRY,), f"'canary' has no shadow; there are shadows of: billing; {START}"),
        ("canary", (), f"'canary' has no shadow; no service has one; {START}"),
    ],
)
def test_a_service_without_a_shadow_is_named_with_what_is_likely_meant(ask, name, service, shadows, text):
    script = a_script({"alpha": Comparisons()}, replace(STATISTICS, mirrors=()), replace(POLICY, shadows=shadows))
    done, _ = ask(script, "shadow", name, service)
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", f"bellwether: {text}\n")


def test_a_canary_of_an_earlier_release_is_named(ask):
    reason = "parameter view: 'shadows' is none of report, explain"
    done, _ = ask(a_script({"alpha": reason}), "shadow", "status")
    assert done.exit_code == 3
    assert f"⚠ alpha: the canary does not tell: {reason}" in done.stdout.replace("\n", " ")
    assert "have a canary of this release run there" in done.stdout


def test_a_canary_that_is_away_is_named(ask, monkeypatch):
    monkeypatch.setattr("bellwether.canary_questions.TIMEOUT_S", 0.01)
    done, _ = ask(a_script({"alpha": None, "gamma": sample.ON_GAMMA}), "shadow", "status")
    assert done.exit_code == 3
    assert "⚠ alpha: the canary on 'alpha' does not answer within 0.01 s" in done.stdout
    assert "what is compared on alpha is not known here" in done.stdout


def test_without_any_canary_the_router_tells_what_it_knows(ask):
    done, _ = ask(a_script({}), "shadow", "status")
    assert done.exit_code == 3
    assert "⚠ no canary is up, so nothing is compared: start canaryd" in done.stdout
    assert "✔ copying; 3 messages wait" in done.stdout


def test_a_router_of_an_earlier_release_is_named(ask):
    script = a_script({"alpha": Comparisons()}, Statistics(version="0.1.0"), replace(POLICY, shadows=()))
    assert "the router here is of release 0.1.0, which knows no shadows" in ask(script, "shadow", "status")[0].stdout


def test_a_router_of_an_earlier_release_has_discarded_nothing(ask):
    done, _ = ask({}, "shadow", "discarded")
    assert (done.exit_code, done.stdout) == (69, "")
    assert done.stderr.startswith("bellwether: the router of alpha does not tell: ")
    assert done.stderr.endswith("one of an earlier release knows no shadows: update it\n")


@pytest.mark.parametrize("name", ["status", "diff", "discarded"])
def test_a_router_that_is_not_reached_is_told(name, tmp_path):
    environment = {"BELLWETHER_COMMUNICATOR": f"cd://{tmp_path}/none.sock"}
    done = CliRunner().invoke(application, ["shadow", name], prog_name="bellwether", env=environment)
    assert (done.exit_code, done.stdout) == (69, "")
    assert "none.sock" in done.stderr


DISCARDED = {"SHADOW_GET_DISCARDED": [said("SHADOW_DISCARDED", {"lines": to_text(sample.DISCARDED)})]}


def test_discarded_shows_the_newest_lines(ask):
    done, _ = ask(DISCARDED, "shadow", "discarded")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("of what shadows on gamma have said, 14 lines reached nobody\n")


def test_programs_get_what_was_discarded(ask):
    done, _ = ask(DISCARDED, "shadow", "discarded", "--json")
    assert json.loads(done.stdout)["by_command"] == {"PRINT": 2, "MAIL": 12}


def test_a_watch_is_for_people():
    done = CliRunner().invoke(application, ["shadow", "status", "--watch", "--json"], prog_name="bellwether")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--watch is for people" in done.stderr
