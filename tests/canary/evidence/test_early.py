from canary.evidence.early import RUNS, WORDS, EarlyWords
from canary.evidence.words import RunEndedWord


def ended(run_id="r", at_s=0.0):
    return RunEndedWord(run_id=run_id, reason="lost", at_s=at_s)


def test_words_are_kept_in_their_order_until_they_are_taken():
    early = EarlyWords()
    assert early.keep("r", ended(at_s=1.0))
    assert early.keep("r", ended(at_s=2.0))
    assert "r" in early
    assert [word.at_s for word in early.take("r")] == [1.0, 2.0]
    assert "r" not in early
    assert early.take("r") == []


def test_there_is_room_for_so_many_words_of_so_many_runs():
    early = EarlyWords()
    assert [early.keep("r0", ended()) for _ in range(WORDS + 1)] == [True] * WORDS + [False]
    assert all(early.keep(f"r{number}", ended()) for number in range(1, RUNS))
    assert not early.keep("another", ended())
    early.take("r0")
    assert early.keep("another", ended())
