import pytest

from canary.judge.overrides import let_go
from canary.judge.rule_c import compared, next_deadline_s
from canary.judge.two_arms import Failed, TwoArms
from canary.records import Frozen, VersionJudged
from canary.records.soundness import is_sound
from canary.rules import CapSettings, RuleASettings, RuleCSettings, Rules
from tests.canary.judge.fleet import ENFORCED, two_versions

DRY = Rules()
NEW = ("c", "m")
OLD = tuple("abdefghij")
"""Nine servers with the old version, so that a few crashes of the new one alone are suspect."""


def two_fleets(**more):
    return two_versions(new=NEW, old=OLD, **more)


def crashes_until(fleet, state, at_most=30):
    """Let the new version crash, on its servers in turn, until the leader says something of it that is `state`."""
    for number in range(1, at_most + 1):
        fleet.crash("2", NEW[number % 2])
        for record in fleet.judge():
            if record.state == state:
                return number, record
    raise AssertionError(f"never {state}")


def release_of(fleet):
    return fleet.state.releases["printer", "2", ""]


def evidence_after(number):
    arms = TwoArms()
    for server in OLD:
        arms.place_of(server, is_new=False)
    places = [arms.place_of(server, is_new=True) for server in NEW]
    for crash in range(number):
        arms.add(Failed(is_new=True, place=places[crash % 2], new=(1.0, 1.0), old=(2.0, *[1.0] * 7)), 1.25)
    return arms.log10_e


def test_nothing_follows_from_nothing():
    assert two_fleets().judge() == []


def test_it_is_suspect_at_the_first_failure_that_reaches_the_limit_and_held_at_the_next_limit():
    fleet = two_fleets()
    number, record = crashes_until(fleet, "suspect")
    assert evidence_after(number - 1) < 2 <= evidence_after(number)
    assert (record.rule, record.mode, record.suppressed_by, record.until_at_s) == ("c", "enforced", "", None)
    assert release_of(fleet).state == "suspect"
    more, record = crashes_until(fleet, "held")
    assert evidence_after(number + more - 1) < 3 <= evidence_after(number + more)
    assert record.until_at_s == fleet.at_s + 86_400.0
    assert release_of(fleet).state == "held"


def test_the_verdict_explains_itself():
    fleet = two_fleets()
    fleet.crash("1", "a")
    number, record = crashes_until(fleet, "suspect")
    assert record.reason == (
        f"fails more than 1: {number} of {number + 1} failures are its own, where {record.numbers['expected_new']:.1f} "
        f"would be at 1.25 times the rate; evidence 10^{record.log10_evidence:.1f} (limit 10^2)"
    )
    assert record.numbers == {
        "failures_new": number,
        "failures_old": 1,
        "expected_new": pytest.approx((number + 1) * 2.5 / 11.5, abs=1e-3),
        "pooled_log10": round(fleet.state.comparisons["printer"].evidence.log10_e, 3),
        "dispersion": 1.0,
        "margin": 1.25,
        "limit_log10": 2.0,
    }


def test_it_is_said_once():
    fleet = two_fleets()
    crashes_until(fleet, "suspect")
    assert fleet.judge() == []
    crashes_until(fleet, "held")
    fleet.crash("2", "c", times=3)
    assert fleet.judge() == []


def test_what_reached_a_limit_has_done_so_however_the_old_version_fails_afterwards():
    fleet = two_fleets()
    crashes_until(fleet, "suspect")
    fleet.crash("1", "a", times=40)
    assert fleet.state.comparisons["printer"].log10_e < 2
    assert fleet.judge() == []
    assert release_of(fleet).state == "suspect"


def test_versions_that_fail_alike_are_not_suspect():
    fleet = two_versions(new=("c",), old=("a",))
    for _ in range(50):
        fleet.crash("2", "c")
        fleet.crash("1", "a")
        assert fleet.judge() == []


def test_dry_it_is_told_and_changes_nothing():
    fleet = two_fleets(rules=DRY)
    _, record = crashes_until(fleet, "suspect")
    assert (record.mode, record.suppressed_by) == ("detected", "dry_run")
    assert fleet.judge() == []
    crashes_until(fleet, "held")
    assert fleet.judge() == []
    assert release_of(fleet).state == "ok"


def test_when_it_no_longer_runs_dry_what_was_found_is_enforced():
    fleet = two_fleets(rules=DRY)
    crashes_until(fleet, "held")
    (record,) = fleet.judge(ENFORCED)
    assert (record.state, record.mode) == ("held", "enforced")
    assert fleet.judge(ENFORCED) == []


@pytest.mark.parametrize(
    ("rules", "mode"),
    [
        (Rules(c=RuleCSettings(mode="enforce"), services={"printer": "dry-run"}), "detected"),
        (Rules(services={"printer": "enforce"}), "enforced"),
        (Rules(mode="enforce"), "enforced"),
        (Rules(mode="dry-run", services={"printer": "enforce"}), "detected"),
    ],
    ids=["service_dry", "service_enforces", "all_enforce", "all_dry"],
)
def test_the_mode_is_that_of_all_then_of_the_service_then_of_the_rule(rules, mode):
    _, record = crashes_until(two_fleets(rules=rules), "suspect")
    assert record.mode == mode


def test_a_cap_forbids_to_hold_it_not_to_suspect_it():
    fleet = two_fleets()
    fleet.tell(Frozen(is_on=True, until_at_s=1e6))
    _, record = crashes_until(fleet, "suspect")
    assert record.mode == "enforced"
    _, record = crashes_until(fleet, "held")
    assert (record.mode, record.suppressed_by) == ("detected", "frozen")
    assert fleet.judge() == []
    assert release_of(fleet).state == "suspect"
    fleet.tell(Frozen(is_on=False))
    (record,) = fleet.judge()
    assert (record.state, record.mode) == ("held", "enforced")


def test_a_protected_service_is_never_held():
    rules = Rules(c=RuleCSettings(mode="enforce"), caps=CapSettings(protected=("printer",)))
    _, record = crashes_until(two_fleets(rules=rules), "held")
    assert record.suppressed_by == "protected"


def test_a_pardon_takes_back_all_evidence():
    fleet = two_fleets()
    first, _ = crashes_until(fleet, "suspect")
    fleet.pardon("2")
    again, _ = crashes_until(fleet, "suspect")
    assert again == first


@pytest.mark.parametrize("state", ["suspect", "held"])
@pytest.mark.parametrize("rules", [ENFORCED, DRY], ids=["enforced", "dry"])
def test_a_pardon_ends_what_was_said_of_it(state, rules):
    fleet = two_fleets(rules=rules)
    crashes_until(fleet, state)
    fleet.pardon("2")
    (record,) = let_go(fleet.state)
    assert (record.version, record.state, record.mode, record.rule) == ("2", "ok", "enforced", "operator")
    fleet.tell(record)
    release = release_of(fleet)
    assert (release.state, release.suppressed_by, release.until_at_s, fleet.state.held) == ("ok", "", None, {})
    assert list(let_go(fleet.state)) == []
    assert fleet.judge() == []


@pytest.mark.parametrize("scope", [{"server": "c"}, {"build": "another"}])
def test_a_pardon_of_a_part_of_it_does_not(scope):
    fleet = two_fleets()
    crashes_until(fleet, "held")
    fleet.pardon("2", **scope)
    assert list(let_go(fleet.state)) == []


def test_the_next_version_starts_anew():
    fleet = two_fleets()
    crashes_until(fleet, "suspect")
    fleet.settle_in("3", "k")
    fleet.crash("3", "k")
    assert fleet.judge() == []
    assert fleet.counted == (1, 0)


def test_a_version_suspected_is_not_what_the_next_one_is_measured_by():
    fleet = two_fleets()
    fleet.at_s = 1000.0
    fleet.find_good("2", "c")
    crashes_until(fleet, "suspect")
    fleet.settle_in("3", "k")
    assert fleet.state.comparisons["printer"].control.version == "1"


def test_a_hold_ends_and_the_version_is_compared_anew():
    rules = Rules(c=RuleCSettings(mode="enforce"), a=RuleASettings(longest_block_s=5_000.0))
    fleet = two_fleets(rules=rules)
    _, record = crashes_until(fleet, "held")
    assert next_deadline_s(fleet.state) == record.until_at_s
    fleet.at_s = record.until_at_s
    (over,) = fleet.judge()
    assert (over.state, over.rule) == ("ok", "c")
    assert release_of(fleet).state == "ok"
    assert fleet.judge() == []
    assert next_deadline_s(fleet.state) is None
    assert fleet.counted == (0, 0)


def test_the_hold_of_a_version_that_was_replaced_ends_too():
    rules = Rules(c=RuleCSettings(mode="enforce"), a=RuleASettings(longest_block_s=5_000.0))
    fleet = two_fleets(rules=rules)
    crashes_until(fleet, "held")
    fleet.settle_in("3", "k")
    fleet.at_s += 5_000.0
    assert [(record.version, record.state) for record in fleet.judge()] == [("2", "ok")]


def test_what_another_rule_holds_is_left_to_it():
    fleet = two_fleets()
    fleet.tell(VersionJudged(service="printer", version="2", build="", state="held", rule="d", until_at_s=1e6))
    fleet.crash("2", "c", times=10)
    assert fleet.judge() == []
    assert release_of(fleet).rule == "d"


def test_time_alone_lets_a_failure_count():
    fleet = two_fleets()
    number, _ = crashes_until(fleet, "suspect")
    fleet = two_fleets()
    for crash in range(1, number):
        fleet.crash("2", NEW[crash % 2])
    fleet.judge()
    fleet.end("2", NEW[number % 2])
    due_s = next_deadline_s(fleet.state)
    fleet.at_s = due_s - 100.1
    assert fleet.judge() == []  # at due_s - 0.1
    fleet.at_s = due_s - 100.0
    (record,) = fleet.judge()
    assert record.state == "suspect"
    assert next_deadline_s(fleet.state) is None


def test_a_failure_that_is_due_and_was_excused_changes_nothing():
    fleet = two_fleets()
    number, _ = crashes_until(fleet, "suspect")
    fleet = two_fleets()
    for crash in range(1, number):
        fleet.crash("2", NEW[crash % 2])
    fleet.judge()
    fleet.excuse("2", NEW[number % 2], fleet.end("2", NEW[number % 2]))
    assert fleet.judge() == []


def seen(fleet, crashes):
    """What is decided meanwhile, and what rule C sees then."""
    decided = []
    for version, server in crashes:
        fleet.crash(version, server)
        decided += fleet.judge()
    (found,) = compared(fleet.state, fleet.rules, fleet.at_s)
    return decided, found


def test_one_broken_server_convicts_no_version_and_is_named():
    """Whatever runs on c dies; the new version is on m too, and works there."""
    fleet = two_fleets()
    decided, found = seen(fleet, [("2", "c")] * 60)
    assert (decided, found.level, found.suppressed_by, found.differs_on) == ([], "ok", "", ("c",))
    assert found.reason.startswith("differs on c: 60 of 60 failures are its own, and without what happened there the")
    assert (release_of(fleet).state, release_of(fleet).would) == ("ok", "")


def test_with_the_new_version_on_one_server_it_is_the_version_or_the_server():
    decided, found = seen(two_versions(old=OLD), [("2", "c")] * 60)
    assert (decided, found.differs_on) == ([], ("c",))
    assert found.reason.endswith("only there is the new version, so that the version and the server look alike")


def test_with_the_old_version_on_one_server_it_is_the_version_or_the_server():
    fleet = two_versions(new=NEW, old=("a",))
    decided, found = seen(fleet, [("2", NEW[number % 2]) for number in range(60)])
    assert (decided, found.differs_on) == ([], ("a",))
    assert "only there is the old version" in found.reason


def test_old_servers_that_differ_by_more_than_chance_are_named():
    """Of the old version it is always the same two of nine servers that fail; two, for one alone would be left out."""
    fleet = two_fleets()
    for _ in range(30):
        fleet.crash("1", "a")
        fleet.crash("1", "b")
    decided, found = seen(fleet, [("2", NEW[number % 2]) for number in range(200)])
    assert decided == []
    assert found.differs_on in (("a", "j"), ("b",))  # of nine servers the ninth has the place of the first
    assert "the servers of 1 differ by more than chance (index of dispersion" in found.reason


def test_what_is_seen_is_told_with_limits_and_what_forbids_to_act_on_it():
    fleet = two_fleets(rules=Rules())
    _, found = seen(fleet, [("2", NEW[number % 2]) for number in range(60)])
    assert (found.level, found.suppressed_by, found.against_version) == ("held", "dry_run", "1")
    assert found.log10_evidence > found.numbers["held_log10"] == Rules().c.block_log10
    assert {part.server for part in found.servers if part.is_new} == set(NEW)
    assert is_sound(found)


def test_a_service_without_a_failure_that_counts_is_told_only_once_it_had_one():
    fleet = two_fleets()
    assert compared(fleet.state, fleet.rules, fleet.at_s) == []
    fleet.state.compared["printer"] = seen(fleet, [("2", NEW[0])] * 2)[1]
    fleet.state.comparisons["printer"].arms = TwoArms()
    fleet.state.unsettled.clear()
    (found,) = compared(fleet.state, fleet.rules, fleet.at_s)
    assert found.numbers["failures_new"] == 0


def test_an_old_server_that_flaps_hides_nothing():
    fleet = two_fleets()
    fleet.crash("1", "a", times=100)
    crashes_until(fleet, "held")
