"""Who may speak of a service: a stranger moves nothing, neither towards a block nor away from one."""

import msgspec
import pytest

from canary.judge.apply import apply
from canary.judge.speakers import FOUNDED, NAMES, STRANGERS, is_stranger, was_heard
from canary.judge.state import State
from canary.ledger.snapshot import decode_state, encode_state
from canary.records import GaveUp, RunBegan, RunEnded, RunPassed
from tests.canary.judge.trial import ZERO_S, Trial, began, crashes, ended, passed, rules, works

SERVERS = ("alpha", "beta", "gamma", "delta")
EXACT = rules()


def by(user, facts, *, by_owner=False):
    """The same facts, of a user's processes."""
    for at_s, fact in facts:
        yield at_s, msgspec.structs.replace(fact, user=user, by_owner=by_owner)


def known(service="payroll", version="2.9", user="payroll", servers=SERVERS, at_s=-900.0):
    """A service that its user runs everywhere."""
    for server in servers:
        yield from by(user, works(at_s, server, service, version))


def dies(user, server="alpha", service="payroll", version="3.2", at_s=0.0, times=7, **more):
    return by(user, crashes(at_s, server, service, version, times=times, **more))


def known_versions(trial):
    return {key[:3] for key in trial.state.cells}


class TestAttacks:
    """What any user of a host could do to a version while everybody was believed."""

    def test_a_stranger_blocks_no_version_before_it_is_deployed(self):
        trial = Trial(EXACT, servers=SERVERS).play([*known(), *dies("nobody", role="standby")])
        assert trial.verdicts() == []
        assert ("alpha", "payroll", "3.2") not in known_versions(trial)
        trial.play(dies("payroll", at_s=200.0))
        assert "263 alpha/payroll/3.2 blocked a" in trial.verdicts(), "the service itself still can"

    def test_nor_on_host_after_host_until_the_cluster_holds_it(self):
        attacks = [
            fact for number, server in enumerate(SERVERS) for fact in dies("nobody", server, at_s=100.0 * number)
        ]
        assert Trial(EXACT, servers=SERVERS).play([*known(), *attacks]).verdicts() == []

    def test_nor_where_the_service_never_ran(self):
        """There its user is known from the other hosts."""
        facts = [*known(servers=SERVERS[:3]), *dies("nobody", "delta"), *dies("payroll", "delta", version="3.3")]
        trial = Trial(EXACT, servers=SERVERS).play(facts)
        assert [text.split()[1] for text in trial.verdicts()] == ["delta/payroll/3.3"]

    def test_a_stranger_as_a_probe_adds_no_strike(self):
        trial = Trial(EXACT, servers=SERVERS).play([*known(), *dies("payroll")])
        cell = trial.cell("alpha", "payroll", "3.2")
        trial.wait(ZERO_S + 700.0)
        assert (cell.state, cell.probe) == ("probation", "")
        strikes = cell.strikes
        trial.play(
            by(
                "nobody",
                [
                    began(710.0, "x", "alpha", "payroll", "3.2", role="probe"),
                    ended(711.0, "x", server="alpha", service="payroll", version="3.2", role="probe"),
                ],
            )
        )
        assert (cell.state, cell.probe, cell.strikes) == ("probation", "", strikes)

    def test_a_probe_that_a_stranger_lets_pass_lets_nothing_in(self):
        trial = Trial(EXACT, servers=SERVERS).play([*known(), *dies("payroll")])
        trial.wait(ZERO_S + 700.0)
        trial.play(by("nobody", [passed(800.0, "x", "alpha", "payroll", "3.2", role="probe")]))
        assert trial.cell("alpha", "payroll", "3.2").state == "probation"

    def test_two_dummies_that_crash_lift_no_block(self):
        dummies = [
            *by("nobody", [ended(62.0, "m", server="alpha", service="mailer", version="1")]),
            *by("nobody", [ended(62.0, "p", server="alpha", service="printer", version="1")]),
        ]
        real = [*known(), *known("mailer", "1", "mailer"), *known("printer", "1", "printer"), *dies("payroll")]
        trial = Trial(EXACT, servers=SERVERS).play([*real, *dummies])
        assert trial.excuses() == []
        assert trial.cell("alpha", "payroll", "3.2").state == "blocked"
        honest = Trial(EXACT, servers=SERVERS).play(
            [*real, *((at_s, msgspec.structs.replace(fact, user=fact.service)) for at_s, fact in dummies)]
        )
        assert honest.excuses(), "the services themselves would have"

    def test_dummies_that_crash_freeze_no_rule(self):
        facts = []
        for number, name in enumerate("abcde"):
            facts += [*known(name, "1", name), *dies("nobody", service=name, at_s=75.0 * number, role="standby")]
        trial = Trial(EXACT, servers=SERVERS).play(facts)
        assert (trial.verdicts(), trial.state.freezes) == ([], {})

    def test_a_flood_of_names_makes_one_row(self):
        facts = [*known()]
        for number in range(2_000):
            facts += by(
                "nobody",
                [
                    began(number / 100, f"f{number}", "alpha", f"f{number}", "1"),
                    ended(number / 100, f"f{number}", server="alpha", service=f"f{number}", version="1"),
                ],
            )
        trial = Trial(EXACT, servers=SERVERS).play(facts)
        assert {key.service for key in trial.state.cells} == {"payroll"}
        [(key, row)] = trial.state.strangers.items()
        assert (*key, row.runs, row.failed, row.service, len(row.services)) == (
            "alpha",
            "nobody",
            2_000,
            2_000,
            "f1999",
            NAMES,
        )

    def test_names_that_are_held_for_long_are_bounded_too(self):
        facts = [
            fact
            for number in range(2 * FOUNDED)
            for fact in by("nobody", works(float(number), "alpha", f"f{number}", "1"))
        ]
        trial = Trial(EXACT, servers=SERVERS).play(facts)
        assert len(trial.state.cells) == FOUNDED

    def test_users_without_end_are_bounded(self):
        facts = [
            *known(),
            *(
                fact
                for number in range(STRANGERS + 10)
                for fact in by(f"u{number}", [began(number / 100, f"x{number}", "alpha", "payroll", "1")])
            ),
        ]
        trial = Trial(EXACT, servers=SERVERS).play(facts)
        assert len(trial.state.strangers) == STRANGERS
        assert ("alpha", "u0") not in trial.state.strangers


class TestWhoIsKnown:
    def test_of_a_new_service_nothing_counts_until_a_run_has_lasted(self):
        trial = Trial(EXACT, servers=SERVERS).play(dies("alice", service="new", version="1"))
        assert (known_versions(trial), trial.verdicts()) == (set(), [])
        trial.play(
            [
                *by("alice", works(200.0, "alpha", "new", "2", until_s=300.0)),
                *dies("alice", service="new", version="3", at_s=310.0),
            ]
        )
        assert "373 alpha/new/3 blocked a" in trial.verdicts()

    @pytest.mark.parametrize("role", ["standby", "probe", "shadow"])
    def test_only_a_live_run_makes_its_user_known(self, role):
        trial = Trial(EXACT, servers=SERVERS).play(by("nobody", works(0.0, "alpha", "new", "1", role=role)))
        assert (trial.state.speakers, known_versions(trial)) == ({}, set())

    def test_the_run_that_makes_its_user_known_is_a_success_and_goes_on(self):
        trial = Trial(EXACT, servers=SERVERS).play(by("alice", works(0.0, "alpha", "new", "1")))
        cell = trial.cell("alpha", "new", "1")
        assert (cell.state, cell.passed, cell.running) == ("proving", 1, 1)
        assert trial.state.strangers == {}

    def test_whoever_is_known_is_a_stranger_to_the_rest(self):
        facts = [*by("alice", works(0.0, "alpha", "new", "1")), *by("alice", [began(1.0, "x", "alpha", "other", "7")])]
        facts += by("alice", [began(2.0, "y", "alpha", "new", "2")])
        [row] = Trial(EXACT, servers=SERVERS).play(facts).state.strangers.values()
        assert (row.service, [*row.services]) == ("other", ["other"])

    def test_an_owner_is_believed_at_once(self):
        trial = Trial(EXACT, servers=SERVERS).play(
            by("payroll", crashes(0.0, "alpha", "payroll", "1", times=7), by_owner=True)
        )
        assert "63 alpha/payroll/1 blocked a" in trial.verdicts()

    def test_what_begins_as_counted_ends_as_counted(self):
        """Else a run would go on for ever."""
        facts = [
            *by("alice", [began(0.0, "r", "alpha", "new", "1")], by_owner=True),
            *by("alice", [ended(9.0, "r", server="alpha", service="new", version="1")]),
        ]
        cell = Trial(EXACT, servers=SERVERS).play(facts).cell("alpha", "new", "1")
        assert (cell.running, cell.failed) == (0, 1)

    def test_a_ledger_that_does_not_say_counts_as_it_did(self):
        trial = Trial(EXACT).play(crashes(0.0, "alpha", "payroll", "1", times=7))
        assert "63 alpha/payroll/1 blocked a" in trial.verdicts()
        assert trial.state.speakers == {}

    def test_who_ran_what_is_forgotten_with_it(self):
        trial = Trial(EXACT, servers=SERVERS).play(
            [*by("alice", works(0.0, "alpha", "new", "1", until_s=100.0)), *known()]
        )
        assert set(trial.state.speakers) == {"new", "payroll"}
        trial.wait(ZERO_S + EXACT.archive_s + 200.0)
        assert set(trial.state.speakers) == {"payroll"}

    @pytest.mark.parametrize("kind", [RunBegan, RunPassed, RunEnded, GaveUp])
    def test_whose_runs_are_strange_now(self, kind):
        trial = Trial(EXACT, servers=SERVERS).play(known(servers=("alpha",)))
        more = (
            {"lasted_s": 60.0}
            if kind is RunPassed
            else {"outcome": "clean", "cause": "EXIT"}
            if kind is RunEnded
            else {}
        )
        fact = kind(server="alpha", run_id="x", service="payroll", version="1", **more)
        said = {
            user: is_stranger(trial.state, msgspec.structs.replace(fact, user=user, by_owner=owner))
            for user, owner in (("", False), ("payroll", False), ("nobody", False), ("?", False), ("root", True))
        }
        assert said == {"": False, "payroll": False, "nobody": True, "?": True, "root": False}


def test_the_fold_is_the_same_however_often_it_is_made():
    trial = Trial(EXACT, servers=SERVERS).play(
        [*known(), *dies("nobody"), *dies("payroll", at_s=3.0), *dies("alice", service="new")]
    )
    text = encode_state(trial.state)
    folded = State()
    for entry in trial.entries:
        apply(folded, entry)
    assert encode_state(folded) == text
    assert encode_state(decode_state(text)) == text


def test_of_a_stranger_nothing_was_heard():
    trial = Trial(EXACT, servers=SERVERS).play(known())
    [(_, strange)] = by("nobody", [began(1.0, "x", "alpha", "payroll", "3")])
    [(_, own)] = by("payroll", [began(2.0, "y", "alpha", "payroll", "3")])
    trial.play([(1.0, strange), (2.0, own)])
    assert [was_heard(trial.state, fact) for fact in (strange, own)] == [False, True]
