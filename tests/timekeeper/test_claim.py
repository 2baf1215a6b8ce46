from timekeeper.claim import Claim, ClaimState


def test_the_states_are_the_words_others_read():
    assert [state.value for state in ClaimState] == ["synchronized", "holdover", "unsynchronized", "unknown"]


def test_what_is_not_known_is_none_and_not_zero():
    claim = Claim(state=ClaimState.UNKNOWN, reasons=("no answer",))
    assert {claim.offset_s, claim.bound_s, claim.age_s, claim.stratum, claim.leap} == {None}
