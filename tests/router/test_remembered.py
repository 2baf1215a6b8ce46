from communicator.router.cores.remembered import QUESTIONS_MAX, Recent, Remembered


def test_an_answer_is_worked_out_once_for_each_question_and_state():
    worked_out = []

    def work_out(what):
        return lambda: worked_out.append(what) or what

    remembered = Remembered()
    asked = [("a", 1), ("a", 1), ("b", 1), ("a", 1), ("a", 2), ("b", 2), ("a", 2)]
    answers = [remembered.answer(question, state, work_out((question, state))) for question, state in asked]
    assert answers == asked
    assert worked_out == [("a", 1), ("b", 1), ("a", 2), ("b", 2)]


def test_there_is_an_end_to_what_is_remembered():
    remembered = Remembered()
    for number in range(QUESTIONS_MAX * 3):
        assert remembered.answer(number, 0, lambda number=number: number) == number
        assert len(remembered._answers) <= QUESTIONS_MAX


def test_what_is_recent_is_told_until_it_is_old():
    recent: Recent[str] = Recent()
    assert recent.at(0.0) is None
    recent.keep("a", 2.0)
    assert [recent.at(now_s) for now_s in (0.0, 1.99, 2.0, 1.0)] == ["a", "a", None, None]
