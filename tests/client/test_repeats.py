from communicator.client.repeats import Repeats


def test_ever_rarer_and_each_name_by_itself():
    repeats = Repeats()
    due = [repeats.due("a") for _ in range(20)]
    assert [count for count in due if count] == [1, 2, 4, 8, 16]
    assert due.index(16) == 15
    assert repeats.due("b") == 1
