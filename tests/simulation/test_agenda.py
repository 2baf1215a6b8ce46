import pytest

from simulation.agenda import Agenda, Journal, ViolationError


def test_actions_happen_in_the_order_of_their_times():
    agenda, seen = Agenda(), []
    for name, time_s in (("late", 3.0), ("early", 1.0), ("also early", 1.0)):
        agenda.at(time_s, lambda name=name: seen.append((name, agenda.now_s)))
    agenda.run(2.0)
    assert seen == [("early", 1.0), ("also early", 1.0)]
    assert agenda.now_s == 2.0
    agenda.run(3.0)
    assert seen[-1] == ("late", 3.0)


def test_what_is_past_happens_at_once():
    agenda, seen = Agenda(), []
    agenda.run(5.0)
    agenda.at(1.0, lambda: seen.append(agenda.now_s))
    agenda.run(5.0)
    assert seen == [5.0]


def test_time_that_stands_still_is_found():
    agenda = Agenda()

    def again():
        agenda.after(0, again)

    again()
    with pytest.raises(ViolationError, match="time stands still at 0"):
        agenda.run(1.0)


def test_the_journal_keeps_the_last_events():
    agenda = Agenda()
    journal = Journal(agenda, kept=2)
    for number in range(3):
        agenda.run(float(number))
        journal.note("host1", "->", f"event {number}")
    assert [line.split() for line in journal.text().splitlines()] == [
        ["1.000000", "host1", "->", "event", "1"],
        ["2.000000", "host1", "->", "event", "2"],
    ]
    assert journal.events == 3
