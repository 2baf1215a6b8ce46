import pytest

from canary.judge.sentence import reason_of
from tests.canary.judge.trial import Trial, crashes, good, probe_fails, rules, works

NEVER = "never worked in 7 tries over 63 s (limit 5 over 60 s)"


@pytest.mark.parametrize(
    ("facts", "until_s", "expected"),
    [
        (crashes(0, times=1), None, "failed 1 time in a row"),
        (crashes(0, times=4), None, "failed 4 times in a row"),
        (
            [*crashes(0, times=1), *crashes(1, service="ink", times=1), *crashes(2, service="page", times=1)],
            None,
            "what failed had a common cause, and does not count",
        ),
        (crashes(0, times=7), None, NEVER),
        (crashes(0, times=7), 700, f"{NEVER}; may be tried once, as probe 1"),
        ([*crashes(0, times=7), *probe_fails(700)], 701, f"{NEVER}; probe 1 failed: strike 1"),
        (works(0, version="2"), 61, "a run lasted 60 s"),
    ],
)
def test_what_is_told_is_true_now(facts, until_s, expected):
    trial = Trial(rules(), ("alpha", "beta")).play([*good("beta"), *facts], until_s)
    assert reason_of(trial.cell()) == expected
