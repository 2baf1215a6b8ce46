from communicator.answers.clocks import Found
from tests.timekeeper.solution.clusters import claims_of, mesh
from timekeeper.held import Held, hold, tell_found, tell_held
from timekeeper.solution import Fault, Judge, Patience, solve

WRONG = Found(("wrong", "false_claim"), ("40 ms behind", "claims less"))


def test_what_one_that_solves_finds():
    clocks = dict.fromkeys("abc", 0.0) | {"d": 0.04}
    judge = Judge(patience=Patience(grace_s=0.0))
    for number in range(3):
        judgement = judge.judge(solve(clocks, mesh(clocks), claims_of(clocks)), 10.0 * number)
    found = tell_found(judgement)
    assert found.keys() == {"d"}
    assert found["d"].faults == ("wrong", "false_claim")
    assert hold("a", [found]) == Held({}, ("d",))
    reasons = hold("d", [found]).reasons
    assert list(reasons) == [Fault.WRONG, Fault.FALSE_CLAIM]
    assert reasons[Fault.WRONG].startswith("40 ms ahead of 3 of 4 hosts")
    assert "claims ±2 ms but the clock is 40 ms ahead" in reasons[Fault.FALSE_CLAIM]
    assert hold("d", [found]).gravest is Fault.WRONG


def test_more_than_half_of_those_that_solve_have_to_say_it():
    assert hold("d", [{"d": WRONG}, {}, {}]) == Held()
    assert hold("d", [{"d": WRONG}, {"d": WRONG}, {}]).gravest is Fault.WRONG
    assert hold("a", [{"d": WRONG}, {"d": WRONG}, {}]).wrong == ("d",)
    assert hold("a", [{"d": WRONG}, {}]).wrong == ()
    assert hold("a", []) == Held()


def test_a_word_that_nobody_knows_or_gives_no_reason():
    strange = {"d": Found(("strange", "contradicted"))}
    assert hold("d", [strange]).reasons == {Fault.CONTRADICTED: "see 'bellwether clock'"}


def test_what_whoever_asks_is_told():
    assert tell_held(Held({Fault.WRONG: "40 ms behind", Fault.CONTRADICTED: "by beta"}, ("z",))) == Found(
        ("wrong", "contradicted"), ("40 ms behind", "by beta")
    )
    assert tell_held(Held()) == Found()
